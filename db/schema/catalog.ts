import { sql } from "drizzle-orm";
import { boolean, index, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { at } from "./core";

/** A list as somebody arranged it: its search, filters, order and columns under a name. */
export const savedViews = pgTable(
  "saved_views",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    ownerId: text("owner_id").notNull(),
    /** Which list, e.g. `jobs`; the keys are in `server/catalog/schemas.ts`. */
    list: text("list").notNull(),
    /** personal | team */
    scope: text("scope").notNull(),
    name: text("name").notNull(),
    /** The address after the question mark, without the page. */
    query: text("query").notNull(),
    /** Shown when the list is opened without a view of its own choice. */
    isDefault: boolean("is_default").notNull().default(false),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    index("saved_views_list").on(t.teamId, t.list, t.scope, t.ownerId),
    uniqueIndex("saved_views_personal_name")
      .on(t.teamId, t.list, t.ownerId, sql`lower(${t.name})`)
      .where(sql`${t.scope} = 'personal'`),
    uniqueIndex("saved_views_team_name")
      .on(t.teamId, t.list, sql`lower(${t.name})`)
      .where(sql`${t.scope} = 'team'`),
  ],
);
