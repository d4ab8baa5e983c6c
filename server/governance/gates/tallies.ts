import { inArray, sql, type SQL } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { gateRuns } from "@/db/schema";
import { peopleAs } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { verdictsInWords } from "./rules";

/** What the policies said last of a subject, and who approved it since; for a list of another room, in that list's own statement. */
export interface Tally {
  verdicts: string[] | null;
  acceptedBy: string | null;
}

const approver = peopleAs("approver");

/** With its table's name, which a select from one table alone would leave out: inside, it would mean another. */
const whole = (column: AnyPgColumn) => sql`${column.table}.${sql.identifier(column.name)}`;

/** `id` is the column of the list that names the subject. */
export const talliesFor = (subjectKind: string, id: AnyPgColumn): { [K in keyof Tally]: SQL<Tally[K]> } => ({
  verdicts: sql<string[] | null>`(
    select array_agg(v.verdict order by v.policy_key) from gate_verdicts v where v.gate_run_id = (
      select g.id from gate_runs g
      where g.subject_kind = ${subjectKind} and g.subject_id = ${whole(id)} and g.state = 'finished'
      order by g.created_at desc, g.id desc limit 1))`,
  acceptedBy: sql<string | null>`(
    select approver.name from reviews r
    join review_decisions d on d.review_id = r.id and d.decision = 'approve'
    join ${approver} on approver.id = d.reviewer_id
    where r.subject_kind = ${subjectKind} and r.subject_id = ${whole(id)} and r.state = 'approved' and r.environment <> 'trial'
    order by d.created_at desc limit 1)`,
});

/** "1 fails, 3 undecided, accepted by Robin"; null before anything was judged. */
export const tallyInWords = ({ verdicts, acceptedBy }: Tally): string | null =>
  verdicts === null ? null : verdictsInWords(verdicts, acceptedBy);

/** The same for subjects by their ids, whose visibility the caller has settled. */
export async function talliesOf(
  ctx: Ctx,
  subjectKind: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await ctx.db
    .selectDistinct({ id: gateRuns.subjectId, ...talliesFor(subjectKind, gateRuns.subjectId) })
    .from(gateRuns)
    .where(inArray(gateRuns.subjectId, [...ids]));
  return new Map(
    rows.flatMap((row) => {
      const words = tallyInWords(row);
      return words === null ? [] : [[row.id, words] as const];
    }),
  );
}
