import { sql } from "drizzle-orm";
import { findable } from "@/server/kit/finders";
import { reviewHref } from "./kinds";

findable("review", {
  at: 8,

  newestBy: "created_at",
  href: (row) => reviewHref(row.id),
  select: ({
    team,
    any,
    begin,
  }) => sql`select id, title as label, subject_name as detail, state as status, null::text as parent, null::int as number, requested_by as owner from reviews
    where team_id = ${team} and (title ilike ${any} or subject_name ilike ${any} or id like ${begin})`,
});
