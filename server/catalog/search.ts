import { sql } from "drizzle-orm";
import { query } from "@/server/core/verb";
import { allFinders, type FoundRow } from "@/server/kit/finders";
import type { ThingKind } from "@/server/plates/kinds";
import { ranked } from "./rules";
import { SearchInput, type SearchHit } from "./schemas";

type Row = FoundRow & { kind: ThingKind; owner_name: string | null };

/** Newest of each kind that are looked at; the ranking chooses among them. */
const EACH = 8;

/** Everything of the team that has a name or an id like the words; people only for platform administrators. One statement. */
export const search = query(
  {
    name: "catalog.search",
    permission: "catalog.search",
    input: SearchInput,
    summary: "Search everything of the team by name or id",
  },
  async ({ ctx, input }) => {
    const escaped = input.q.replaceAll(/[\\%_]/g, String.raw`\$&`);
    const sought = { team: ctx.actor.teamId, exact: input.q, any: `%${escaped}%`, begin: `${escaped}%` };
    const finders = new Map(
      allFinders().filter(([, finder]) => !finder.platform || ctx.actor.isPlatformAdmin),
    );
    if (finders.size === 0) return { items: [] };
    const parts = [...finders].map(
      ([kind, finder]) =>
        sql`select ${sql.raw(`'${kind}'`)} as kind, part.* from (${finder.select(sought)} order by ${sql.raw(finder.newestBy)} desc limit ${EACH}) part`,
    );
    const { rows } = await ctx.db.execute<Row>(
      sql`select found.*, u.name as owner_name from (${sql.join(parts, sql` union all `)}) found left join users u on u.id = found.owner`,
    );
    const order = [...finders.keys()];
    const hits = rows
      .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
      .map((row): SearchHit => ({
        kind: row.kind,
        id: row.id,
        label: row.label,
        detail: row.detail ?? "",
        status: row.status ?? undefined,
        owner: row.owner_name ?? undefined,
        href: finders.get(row.kind)?.href(row) ?? "/",
      }));
    return { items: ranked(hits, input.q, input.limit) };
  },
);
