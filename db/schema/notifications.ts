import { index, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { at } from "./core";

export const notifications = pgTable(
  "notifications",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id").notNull(),
    userId: text("user_id").notNull(),
    /** Same key, same person: one notification, however often the event is delivered. */
    dedupKey: text("dedup_key").notNull(),
    kind: text("kind").notNull(),
    title: text("title").notNull(),
    body: text("body").notNull(),
    href: text("href").notNull(),
    /** Why this person got it: "You own the model". */
    reason: text("reason").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectId: text("subject_id").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    readAt: at("read_at"),
    doneAt: at("done_at"),
  },
  (t) => [
    uniqueIndex("notifications_dedup").on(t.userId, t.dedupKey),
    index("notifications_user").on(t.userId, t.doneAt, t.createdAt),
  ],
);
