import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { digestOf } from "@/server/core/digest";
import { readPoliciesInForce, type InForce } from "@/server/governance";
import { SCANNER } from "@/server/governance/scan";

export interface StaleVersion {
  versionId: string;
  teamId: string;
  /** Why it is judged again, in words. */
  trigger: string;
  /** The same for the same reason, so that it is judged once. */
  reasonId: string;
}

/** Names what a judgement depends on besides the version: the policies in force, whether their grace is over, and the scanner. */
export function judgementBasis(inForce: InForce, nowMs: number): string {
  const policies = [...inForce.values()]
    .map(({ key, digest, sinceMs, graceUntilMs }) =>
      [key, digest, sinceMs, nowMs >= graceUntilMs ? "past its grace" : "in grace"].join(" "),
    )
    .toSorted((a, b) => (a < b ? -1 : 1));
  return digestOf({ policies, scanner: [SCANNER.version, SCANNER.listDigest] });
}

export async function basisNow(db: Db, nowMs: number): Promise<string> {
  return judgementBasis((await readPoliciesInForce(db))(""), nowMs);
}

/**
 * Versions that are deployed (also as canary, or to go back to), await or hold an approval, are reached by an alias or a stage, or are their
 * model's newest, and whose last judgement is by other policies or another scanner than those in force, or was made in a grace that is over.
 */
export async function staleVersions(db: Db, now: Date): Promise<StaleVersion[]> {
  const inForce = (await readPoliciesInForce(db))("");
  const inForceRows = [...inForce.values()].map(({ key, version, digest, graceUntilMs }) => ({
    key,
    version,
    digest,
    grace_until: new Date(graceUntilMs).toISOString(),
  }));
  const { rows } = await db.execute<{
    id: string;
    team_id: string;
    policies: string[];
    scanned: boolean;
  }>(sql`
    with policies_now as (
      select * from jsonb_to_recordset(${JSON.stringify(inForceRows)}::jsonb)
        as p(key text, version int, digest text, grace_until timestamptz)
    ),
    wanted as (
      select stable_version_id as id from deployments where retired_at is null
      union select previous_version_id from deployments where retired_at is null
      union select to_version_id from rollouts where finished_at is null
      union select subject_id from reviews where subject_kind = 'model_version' and state in ('open', 'approved')
      union select version_id from model_aliases
      union select id from model_versions where stage in ('Staging', 'Production')
      union (select distinct on (model_id) id from model_versions where state = 'ready' order by model_id, number desc)
    )
    select * from (
      select v.id, v.team_id,
        array(
          select p.key || ' version ' || p.version from policies_now p
          where (
              not exists (select 1 from gate_verdicts g where g.gate_run_id = v.gate_run_id and g.policy_digest = p.digest)
              or (
                p.grace_until <= ${now.toISOString()}::timestamptz and p.grace_until > run.created_at
                and exists (
                  select 1 from gate_runs r join gate_verdicts g on g.gate_run_id = r.id
                  where r.subject_kind = 'model_version' and r.subject_id = v.id
                    and g.policy_key = p.key and g.policy_digest <> p.digest
                )
              )
            )
          order by p.key
        ) as policies,
        coalesce(
          v.evidence -> 'scan' ->> 'scannerVersion' = ${SCANNER.version} and v.evidence -> 'scan' ->> 'listDigest' = ${SCANNER.listDigest},
          false
        ) as scanned
      from model_versions v
      join wanted w on w.id = v.id
      join registered_models m on m.id = v.model_id and m.archived_at is null
      join gate_runs run on run.id = v.gate_run_id
      where v.state = 'ready' and v.artifact_root is not null
    ) judged
    where cardinality(policies) > 0 or not scanned`);
  const reasonId = `rejudge-${judgementBasis(inForce, now.getTime())}`;
  return rows.map(({ id, team_id, policies, scanned }) => {
    const reasons = [
      ...(policies.length > 0 ? [`policy ${policies.join(", ")} in force`] : []),
      ...(scanned ? [] : [`scanner ${SCANNER.version}`]),
    ];
    return { versionId: id, teamId: team_id, trigger: reasons.join(" and "), reasonId };
  });
}
