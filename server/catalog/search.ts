import { sql } from "drizzle-orm";
import { query } from "@/server/core/verb";
import { runHref, versionHref } from "@/server/monitoring/rules";
import { ranked } from "./rules";
import { SEARCH_KINDS, SearchInput, type SearchHit, type SearchKind } from "./schemas";

interface Row extends Record<string, unknown> {
  kind: SearchKind;
  id: string;
  label: string;
  detail: string | null;
  status: string | null;
  parent: string | null;
  number: number | null;
}

/** Newest of each kind that are looked at; the ranking chooses among them. */
const EACH = 8;

function hrefOf(row: Row): string {
  const parent = row.parent ?? "";
  const addresses: Record<SearchKind, () => string> = {
    dataset: () => `/datasets/${parent}`,
    job: () => `/jobs/${row.id}`,
    experiment: () => `/experiments/${row.id}`,
    run: () => runHref(Number(parent), row.id),
    model: () => `/models/${encodeURIComponent(row.label)}`,
    version: () => versionHref(parent, row.number ?? 0),
    deployment: () => `/deployments/${row.label}`,
    review: () => `/reviews/${row.id}`,
    user: () => `/admin/users?q=${encodeURIComponent(row.detail ?? row.label)}`,
  };
  return addresses[row.kind]();
}

/** Everything of the team that has a name or an id like the words; people only for platform administrators. One statement. */
export const search = query(
  {
    name: "catalog.search",
    permission: "catalog.search",
    input: SearchInput,
    summary: "Search everything of the team by name or id",
  },
  async ({ ctx, input }) => {
    const team = ctx.actor.teamId;
    const escaped = input.q.replaceAll(/[\\%_]/g, String.raw`\$&`);
    const any = `%${escaped}%`;
    const begin = `${escaped}%`;
    const part = (statement: ReturnType<typeof sql>, order: string) =>
      sql`(${statement} order by ${sql.raw(order)} desc limit ${EACH})`;
    const parts = [
      part(
        sql`select 'dataset' as kind, id, name as label, slug as detail, null::text as status, slug as parent, null::int as number from datasets
          where team_id = ${team} and archived_at is null and (name ilike ${any} or slug ilike ${any} or id like ${begin})`,
        "updated_at",
      ),
      part(
        sql`select 'job', id, name, template, state, null, null from jobs where team_id = ${team} and (name ilike ${any} or id like ${begin})`,
        "created_at",
      ),
      part(
        sql`select 'experiment', id::text, name, null, null, null, null from experiments
          where team_id = ${team} and lifecycle = 'active' and (name ilike ${any} or id::text = ${input.q})`,
        "updated_at",
      ),
      part(
        sql`select 'run', id, name, user_name, lower(status), experiment_id::text, null from runs
          where team_id = ${team} and lifecycle = 'active' and (name ilike ${any} or id like ${begin})`,
        "created_at",
      ),
      part(
        sql`select 'model', id, name, description, null, null, null from registered_models
          where team_id = ${team} and archived_at is null and (name ilike ${any} or id like ${begin})`,
        "updated_at",
      ),
      part(
        sql`select 'version', v.id, m.name || ' version ' || v.number, v.gates_outcome, v.state, m.name, v.number from model_versions v join registered_models m on m.id = v.model_id
          where v.team_id = ${team} and v.state <> 'deleted' and (m.name || ' version ' || v.number ilike ${any} or v.id like ${begin} or v.manifest_digest like ${begin})`,
        "v.created_at",
      ),
      part(
        sql`select 'deployment', id, name, environment, null, null, null from deployments
          where team_id = ${team} and retired_at is null and (name ilike ${any} or id like ${begin})`,
        "updated_at",
      ),
      part(
        sql`select 'review', id, title, subject_name, state, null, null from reviews where team_id = ${team} and (title ilike ${any} or subject_name ilike ${any} or id like ${begin})`,
        "created_at",
      ),
    ];
    if (ctx.actor.isPlatformAdmin) {
      parts.push(
        part(
          sql`select 'user', id, name, email, case when disabled_at is null then 'active' else 'disabled' end, null, null from users where name ilike ${any} or email ilike ${any}`,
          "created_at",
        ),
      );
    }
    const { rows } = await ctx.db.execute<Row>(sql.join(parts, sql` union all `));
    const order = new Map(SEARCH_KINDS.map((kind, index) => [kind, index]));
    const hits = rows
      .toSorted((a, b) => (order.get(a.kind) ?? 0) - (order.get(b.kind) ?? 0))
      .map((row): SearchHit => ({
        kind: row.kind,
        id: row.id,
        label: row.label,
        detail: row.detail ?? "",
        status: row.status ?? undefined,
        href: hrefOf(row),
      }));
    return { items: ranked(hits, input.q, input.limit) };
  },
);
