import { eq, isNull, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { deployments, modelVersionFiles, modelVersions, rollouts } from "@/db/schema";
import type { ModelRuntime, ModelSignature } from "@/server/adapters/model-runtime/port";
import type { ObjectStore } from "@/server/adapters/object-store/port";
import { digestOf, manifestDigest } from "@/server/core/digest";
import { isAppError } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { admissionOf } from "../admission";

/** A version that this gateway checked and loaded. */
export interface ServedVersion {
  id: string;
  number: number;
  weightsDigest: string;
  signature: ModelSignature;
}

/** Where the requests of one deployment go. */
export interface Route {
  deploymentId: string;
  teamId: string;
  name: string;
  environment: string;
  generation: number;
  feedbackTarget: string | null;
  stable: ServedVersion | undefined;
  canary: ServedVersion | undefined;
  rolloutId: string;
  /** -1 outside a rollout. */
  stage: number;
  sharePercent: number;
  /** Digest of all the above: what a prediction names as the route that chose its version. */
  digest: string;
  /** Why a version is not served, in words. */
  refusals: string[];
}

interface Row {
  id: string;
  teamId: string;
  name: string;
  environment: string;
  generation: number;
  feedbackTarget: string | null;
  stableVersionId: string | null;
  rolloutId: string | null;
  rolloutState: string | null;
  stageIndex: number | null;
  sharePercent: number | null;
  toVersionId: string | null;
}

/** Teams name their deployments without regard to each other. */
export const routeKey = (teamId: string, name: string): string => `${teamId}/${name}`;

type Arm = "stable" | "canary";

/** Why a version is not served, in words that callers may read. */
class NotServed extends Error {}

/** States in which the canary is loaded; while it is pending its share is 0. */
const WITH_TRAFFIC = new Set(["pending", "running", "paused", "promoting"]);

/** Builds routes from the database, admitting versions by their signatures and loading their weights. */
export class RouteBuilder {
  /** `<version>/<environment>/<arm>` → admitted and loaded; refusals are asked again each time. */
  private readonly served = new Map<string, ServedVersion>();
  /** `<deployment>/<arm>` → why it was refused last. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly db: Db,
    private readonly store: ObjectStore,
    private readonly runtime: ModelRuntime,
    private readonly attestorKeyPem: string,
  ) {}

  private async readRows(): Promise<Row[]> {
    return this.db
      .select({
        id: deployments.id,
        teamId: deployments.teamId,
        name: deployments.name,
        environment: deployments.environment,
        generation: deployments.generation,
        feedbackTarget: deployments.feedbackTarget,
        stableVersionId: deployments.stableVersionId,
        rolloutId: rollouts.id,
        rolloutState: rollouts.state,
        stageIndex: rollouts.stageIndex,
        sharePercent: rollouts.sharePercent,
        toVersionId: rollouts.toVersionId,
      })
      .from(deployments)
      .leftJoin(
        rollouts,
        sql`${rollouts.deploymentId} = ${deployments.id} and ${rollouts.finishedAt} is null`,
      )
      .where(isNull(deployments.retiredAt));
  }

  /** Admits by signatures, checks the weights against the manifest, and loads them. Throws with the reason in words. */
  private async admit(versionId: string, environment: string, arm: Arm): Promise<ServedVersion> {
    const key = `${versionId}/${environment}/${arm}`;
    // The canary's question is the stricter one, so a version that becomes stable need not be asked again.
    const known = this.served.get(key) ?? this.served.get(`${versionId}/${environment}/canary`);
    if (known) {
      this.served.set(key, known);
      return known;
    }
    const [version] = await this.db.select().from(modelVersions).where(eq(modelVersions.id, versionId));
    if (!version?.weightsDigest || !version.manifestDigest)
      throw new NotServed("it has no sealed ONNX weights");
    const files = await this.db
      .select()
      .from(modelVersionFiles)
      .where(eq(modelVersionFiles.versionId, versionId));
    if (manifestDigest(files) !== version.manifestDigest)
      throw new NotServed("its file list does not match its manifest digest");
    if (!files.some((file) => file.digest === version.weightsDigest))
      throw new NotServed("its weights are not part of its manifest");
    const admission = await admissionOf(this.db, version.id, environment, {
      pinnedKeysPem: [this.attestorKeyPem],
      asServing: arm === "stable",
    });
    if (!admission.admitted)
      throw new NotServed(`its evidence is incomplete: ${admission.missing.join("; ")}`);
    const checked = await this.store.verify(version.weightsDigest);
    if (!checked.ok) throw new NotServed("its weights on disk do not have the digest that was attested");
    const signature = await this.runtime.load(
      version.weightsDigest,
      await this.store.localPath(version.weightsDigest),
    );
    const served = {
      id: version.id,
      number: version.number,
      weightsDigest: version.weightsDigest,
      signature,
    };
    this.served.set(key, served);
    return served;
  }

  private async route(row: Row): Promise<Route> {
    const refusals: string[] = [];
    const serve = async (id: string | null, what: Arm) => {
      if (!id) return undefined;
      try {
        const served = await this.admit(id, row.environment, what);
        this.told.delete(`${row.id}/${what}`);
        return served;
      } catch (error) {
        const told = error instanceof NotServed || isAppError(error);
        const why = told ? error.message : "it could not be checked; the gateway tries again";
        refusals.push(`The ${what} version is not served: ${why}`);
        // Asked again each second, told when it is new.
        if (this.told.get(`${row.id}/${what}`) !== why) {
          log.warn(
            { deployment: row.name, version: id, ...(told ? { why } : { err: error }) },
            "not admitted",
          );
          this.told.set(`${row.id}/${what}`, why);
        }
        return undefined;
      }
    };
    const withCanary = row.rolloutState !== null && WITH_TRAFFIC.has(row.rolloutState);
    const route = {
      deploymentId: row.id,
      teamId: row.teamId,
      name: row.name,
      environment: row.environment,
      generation: row.generation,
      feedbackTarget: row.feedbackTarget,
      stable: await serve(row.stableVersionId, "stable"),
      canary: withCanary ? await serve(row.toVersionId, "canary") : undefined,
      rolloutId: row.rolloutId ?? "",
      stage: row.stageIndex ?? -1,
      sharePercent: withCanary ? (row.sharePercent ?? 0) : 0,
      refusals,
    };
    const named = {
      ...route,
      stable: route.stable?.id ?? null,
      canary: route.canary?.id ?? null,
      refusals: undefined,
    };
    return { ...route, digest: digestOf(named) };
  }

  /** All routes by team and name. Versions that no route needs any more are unloaded by `prune`. */
  async build(): Promise<Map<string, Route>> {
    const routes = new Map<string, Route>();
    for (const row of await this.readRows())
      routes.set(routeKey(row.teamId, row.name), await this.route(row));
    return routes;
  }

  /** Frees versions that no longer have a route; the previous stable version stays warm while it may be needed for a rollback. */
  async prune(routes: Iterable<Route>): Promise<void> {
    const keep = new Set<string>();
    for (const route of routes)
      for (const version of [route.stable, route.canary]) if (version) keep.add(version.id);
    const rows = await this.db
      .select({ id: deployments.previousVersionId })
      .from(deployments)
      .where(isNull(deployments.retiredAt));
    for (const row of rows) if (row.id) keep.add(row.id);
    const gone = [...this.served].filter(([, version]) => !keep.has(version.id));
    for (const [key, version] of gone) {
      this.served.delete(key);
      const shared = [...this.served.values()].some((other) => other.weightsDigest === version.weightsDigest);
      if (!shared) await this.runtime.unload(version.weightsDigest);
    }
  }
}
