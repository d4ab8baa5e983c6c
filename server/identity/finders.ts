import { sql } from "drizzle-orm";
import { findable } from "@/server/kit/finders";
import { personHref } from "./kinds";

findable("user", {
  at: 9,
  platform: true,
  newestBy: "created_at",
  href: (row) => personHref(row.detail ?? row.label),
  select: ({
    any,
  }) => sql`select id, name as label, email as detail, case when disabled_at is null then 'active' else 'disabled' end as status, null::text as parent, null::int as number, null::text as owner
    from users where name ilike ${any} or email ilike ${any}`,
});
