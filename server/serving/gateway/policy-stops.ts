import { and, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import {
  environmentRequirements,
  type InForce,
  readableAttestations,
  readPoliciesInForce,
  UNJUDGED_MS,
} from "@/server/governance";
import { admissionOf } from "../admission";

/**
 * Finds out which versions that a gateway serves a policy in force has stopped since. Signatures are read again only when something that
 * can change the answer has changed: a policy, the end of its grace, or what was attested of the version.
 */
export class PolicyStops {
  private readonly asked = new Map<string, { stamp: string; why: string | undefined }>();
  private inForce: (teamId: string) => InForce = () => new Map();
  private attested = new Map<string, number>();

  constructor(
    private readonly db: Db,
    private readonly attestorKeys: () => Promise<readonly string[]>,
  ) {}

  /** Reads what is in force and how much was attested; once for each look at the routes. */
  async refresh(versionIds: readonly string[]): Promise<void> {
    this.inForce = await readPoliciesInForce(this.db);
    for (const key of this.asked.keys())
      if (!versionIds.includes(key.split("/")[0] ?? "")) this.asked.delete(key);
    if (versionIds.length === 0) return;
    const rows = await this.db
      .select({ id: readableAttestations.subjectId, count: sql<number>`count(*)::int` })
      .from(readableAttestations)
      .where(
        and(
          eq(readableAttestations.subjectKind, "model_version"),
          inArray(readableAttestations.subjectId, [...versionIds]),
        ),
      )
      .groupBy(readableAttestations.subjectId);
    this.attested = new Map(rows.map((row) => [row.id, row.count]));
  }

  /** Why a version that was admitted when it began must serve no more, in words. */
  async why(versionId: string, teamId: string, environment: string): Promise<string | undefined> {
    const { policies } = environmentRequirements(environment);
    const inForce = this.inForce(teamId);
    const now = Date.now();
    const stopping = policies.flatMap((key) => {
      const force = inForce.get(key);
      if (force?.onFallOut !== "stop") return [];
      const { digest, sinceMs, graceUntilMs } = force;
      return `${digest}/${sinceMs}/${now < graceUntilMs}/${now < graceUntilMs + UNJUDGED_MS}`;
    });
    const key = `${versionId}/${environment}`;
    if (stopping.length === 0) {
      this.asked.delete(key);
      return undefined;
    }
    const stamp = `${stopping.join()}/${this.attested.get(versionId) ?? 0}`;
    const known = this.asked.get(key);
    if (known?.stamp === stamp) return known.why;
    const { admitted, missing } = await admissionOf(this.db, versionId, environment, {
      trustedKeysPem: await this.attestorKeys(),
      asServing: true,
      inForce,
    });
    const why = admitted ? undefined : missing.join("; ");
    this.asked.set(key, { stamp, why });
    return why;
  }
}
