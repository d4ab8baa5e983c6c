import { isDeepStrictEqual } from "node:util";
import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import { isAppError } from "@/server/core/errors";
import { log } from "@/server/core/log";
import type { ArmReport, ArmState, DeploymentReport } from "../gateway-report";
import { admit, NotServed, type AdmitParts } from "./admit";
import type { LoadQueue } from "./load-queue";
import { withLabels } from "./oip/labels";
import type { DeploymentRow } from "./read-rows";
import { routeOf, runtimeKey, wantedBy, type Arm, type Route, type ServedVersion } from "./routes";

const ARMS = ["stable", "canary"] as const;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

export interface FollowParts extends AdmitParts {
  runtime: ModelRuntime;
  loads: LoadQueue;
  /** When the route or what is said of it has changed. */
  onChange: () => void;
}

/** One arm on its way to the version that the row wants. */
interface Wanted {
  versionId: string;
  state: ArmState;
  reason: string;
  sinceMs: number;
  tries: number;
  timer: NodeJS.Timeout | undefined;
}

interface Loaded extends ServedVersion {
  admittedAs: Set<Arm>;
  /** The attestor's keys that counted when it was last asked whether it may be served. */
  trustedKeys: readonly string[];
}

/** Why a version that is served may be served no more; undefined when it may. */
export type WhyNoMore = (
  row: DeploymentRow,
  versionId: string,
  arm: Arm,
  hasLostKeys: boolean,
) => Promise<string | undefined>;

/**
 * What this gateway does about one deployment. The split follows the row at once; a version that must be loaded first takes over when it is
 * ready, and until then the one before answers. Nothing here waits for another deployment.
 */
export class FollowedDeployment {
  private readonly loaded = new Map<string, Loaded>();
  private readonly arms: Partial<Record<Arm, Wanted>> = {};
  /** The version of the stable share while the wanted one is not ready. */
  private answering: string | undefined;
  private closed = false;
  /** The newest generation whose versions were all tried. */
  settledGeneration = 0;
  route: Route;

  constructor(
    private readonly parts: FollowParts,
    private row: DeploymentRow,
  ) {
    this.route = routeOf(row, { stable: undefined, canary: undefined }, []);
    this.follow();
  }

  apply(row: DeploymentRow): void {
    if (isDeepStrictEqual(row, this.row)) return;
    this.row = row;
    this.follow();
  }

  private follow(): void {
    const { row } = this;
    for (const arm of ARMS) {
      const versionId = wantedBy(row, arm);
      if (this.arms[arm]?.versionId !== (versionId ?? undefined)) this.want(arm, versionId);
    }
    this.publish();
    this.prune();
  }

  private want(arm: Arm, versionId: string | null): void {
    clearTimeout(this.arms[arm]?.timer);
    if (versionId === null) {
      delete this.arms[arm];
      return;
    }
    const ready = this.isAdmitted(versionId, arm);
    const wanted: Wanted = {
      versionId,
      state: ready ? "ready" : "loading",
      reason: "",
      sinceMs: Date.now(),
      tries: 0,
      timer: undefined,
    };
    this.arms[arm] = wanted;
    if (!ready) this.queue(arm, wanted);
  }

  /** The canary's question is the stricter one, so a version that becomes stable need not be asked again. */
  private isAdmitted(versionId: string, arm: Arm): boolean {
    const admitted = this.loaded.get(versionId)?.admittedAs;
    return admitted !== undefined && (admitted.has(arm) || admitted.has("canary"));
  }

  private queue(arm: Arm, wanted: Wanted): void {
    this.parts.loads.add(this.row.teamId, async () => {
      if (this.closed || this.arms[arm] !== wanted) return;
      try {
        await this.bring(arm, wanted.versionId);
        this.become(wanted, "ready", "");
      } catch (error) {
        this.failed(arm, wanted, error);
      }
      if (this.closed) await this.parts.runtime.unload(runtimeKey(this.row.id, wanted.versionId));
      else this.settle();
    });
  }

  private async bring(arm: Arm, versionId: string): Promise<void> {
    // Read before: one that is revoked while the model is being loaded is noticed by the next look.
    const trustedKeys = await this.parts.attestorKeys();
    const { spec, contract, ...version } = await admit(this.parts, this.row, versionId, arm);
    const key = runtimeKey(this.row.id, versionId);
    const signature = withLabels(await this.parts.runtime.load(key, spec), contract);
    const admittedAs = this.loaded.get(versionId)?.admittedAs ?? new Set();
    this.loaded.set(versionId, {
      ...version,
      runtimeKey: key,
      signature,
      admittedAs: admittedAs.add(arm),
      trustedKeys,
    });
  }

  private failed(arm: Arm, wanted: Wanted, error: unknown): void {
    const told = error instanceof NotServed || isAppError(error);
    const why = told ? error.message : "it could not be checked; the gateway tries again";
    const isNew = wanted.reason !== why;
    this.become(wanted, told ? "failed" : "loading", why);
    if (isNew)
      log.warn(
        { deployment: this.row.name, version: wanted.versionId, ...(told ? { why } : { err: error }) },
        "not served",
      );
    if (this.closed || this.arms[arm] !== wanted) return;
    const delayMs = RETRY_MS[Math.min(wanted.tries, RETRY_MS.length - 1)];
    wanted.tries += 1;
    wanted.timer = setTimeout(() => this.queue(arm, wanted), delayMs);
  }

  /** Asks again of everything that is served already; what may be served no more stops at once. */
  async recheck(keys: readonly string[], why: WhyNoMore): Promise<void> {
    for (const [versionId, version] of this.loaded) {
      const arm = this.arms.canary?.versionId === versionId ? "canary" : "stable";
      const hasLostKeys = version.trustedKeys.some((key) => !keys.includes(key));
      const reason = await why(this.row, versionId, arm, hasLostKeys);
      if (reason !== undefined) this.stopServing(versionId, reason);
      else version.trustedKeys = keys;
    }
  }

  private stopServing(versionId: string, reason: string): void {
    const version = this.loaded.get(versionId);
    if (!version) return;
    this.loaded.delete(versionId);
    if (this.answering === versionId) this.answering = undefined;
    this.unload(version.runtimeKey);
    for (const arm of ARMS) {
      const wanted = this.arms[arm];
      if (wanted?.versionId === versionId && wanted.state === "ready")
        this.failed(arm, wanted, new NotServed(reason));
    }
    this.settle();
  }

  private become(wanted: Wanted, state: ArmState, reason: string): void {
    if (wanted.state !== state) wanted.sinceMs = Date.now();
    wanted.state = state;
    wanted.reason = reason;
  }

  private settle(): void {
    this.publish();
    this.prune();
  }

  private publish(): void {
    const { stable, canary } = this.arms;
    if (stable?.state === "ready") this.answering = stable.versionId;
    else if (!stable) this.answering = undefined;
    const refusals = ARMS.flatMap((arm) => {
      const wanted = this.arms[arm];
      return wanted && wanted.reason !== "" ? [`The ${arm} version is not served: ${wanted.reason}`] : [];
    });
    const served = {
      stable: this.answering === undefined ? undefined : this.loaded.get(this.answering),
      canary: canary?.state === "ready" ? this.loaded.get(canary.versionId) : undefined,
    };
    this.route = routeOf(this.row, served, refusals);
    if (this.isSettled) this.settledGeneration = this.row.generation;
    this.parts.onChange();
  }

  /** Whether every wanted version was tried. */
  get isSettled(): boolean {
    return ARMS.every((arm) => {
      const wanted = this.arms[arm];
      return wanted === undefined || wanted.state !== "loading" || wanted.tries > 0;
    });
  }

  /** Frees versions that nothing needs any more; the previous stable version stays warm for a rollback. */
  private prune(): void {
    const { stableVersionId, previousVersionId } = this.row;
    const needed = new Set([
      stableVersionId,
      previousVersionId,
      wantedBy(this.row, "canary"),
      this.answering,
    ]);
    for (const [id, { runtimeKey: key }] of this.loaded) {
      if (needed.has(id)) continue;
      this.loaded.delete(id);
      this.unload(key);
    }
  }

  private unload(key: string): void {
    this.parts.runtime
      .unload(key)
      .catch((error: unknown) => log.warn({ err: error, key }, "a model could not be unloaded"));
  }

  private reportOf(arm: Arm): ArmReport | null {
    const wanted = this.arms[arm];
    if (!wanted) return null;
    const { versionId, state, reason, sinceMs } = wanted;
    // Of one that failed nothing is left to ask; what keeps one that loads the runtime knows best.
    const health =
      state === "failed" || reason !== ""
        ? undefined
        : this.parts.runtime.health(runtimeKey(this.row.id, versionId));
    return health && (health.state !== "ready" || health.reason !== "")
      ? { versionId, ...health }
      : { versionId, state, reason, sinceMs };
  }

  report(): DeploymentReport {
    return {
      generation: this.row.generation,
      stable: this.reportOf("stable"),
      canary: this.reportOf("canary"),
      answering: this.answering ?? null,
    };
  }

  /** Numbers of the loaded versions by their name at the runtime. */
  versions(): { runtimeKey: string; number: number }[] {
    return [...this.loaded.values()];
  }

  versionIds(): string[] {
    return [...this.loaded.keys()];
  }

  close(): void {
    this.closed = true;
    for (const arm of ARMS) clearTimeout(this.arms[arm]?.timer);
    for (const { runtimeKey: key } of this.loaded.values()) this.unload(key);
  }
}
