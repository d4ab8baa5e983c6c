import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { at } from "./core";

export const users = pgTable(
  "users",
  {
    id: text("id").primaryKey(),
    email: text("email").notNull(),
    name: text("name").notNull(),
    /** scrypt: `scrypt$N$r$p$salt$hash`; null for people who come by OIDC only. */
    passwordHash: text("password_hash"),
    oidcIssuer: text("oidc_issuer"),
    oidcSubject: text("oidc_subject"),
    /** Raised to end every session of the person. */
    sessionVersion: integer("session_version").notNull().default(1),
    isPlatformAdmin: boolean("is_platform_admin").notNull().default(false),
    isDemo: boolean("is_demo").notNull().default(false),
    activeTeamId: text("active_team_id"),
    disabledAt: at("disabled_at"),
    lastSeenAt: at("last_seen_at"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("users_email").on(sql`lower(${t.email})`),
    uniqueIndex("users_oidc").on(t.oidcIssuer, t.oidcSubject),
  ],
);

export const teams = pgTable("teams", {
  id: text("id").primaryKey(),
  slug: text("slug").notNull().unique(),
  name: text("name").notNull(),
  createdAt: at("created_at").notNull().defaultNow(),
});

export const memberships = pgTable(
  "memberships",
  {
    teamId: text("team_id")
      .notNull()
      .references(() => teams.id),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    role: text("role").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.userId] }), index("memberships_user").on(t.userId)],
);

/** One sign-in of a person in one browser; its cookie works until it expires or ends. */
export const sessions = pgTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    /** `password` or `oidc`. */
    method: text("method").notNull(),
    /** What the browser calls itself, so that people know their sessions apart. */
    userAgent: text("user_agent").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    expiresAt: at("expires_at").notNull(),
    endedAt: at("ended_at"),
  },
  (t) => [index("sessions_user").on(t.userId, t.expiresAt)],
);

/** `mw_<24 base62>_<6 base62 checksum>`; only the SHA-256 is stored. */
export const apiTokens = pgTable(
  "api_tokens",
  {
    id: text("id").primaryKey(),
    teamId: text("team_id")
      .notNull()
      .references(() => teams.id),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    name: text("name").notNull(),
    prefix: text("prefix").notNull(),
    hash: text("hash").notNull().unique(),
    scopes: text("scopes").array().notNull(),
    /** Set for tokens that a job carries; they end with the job. */
    jobId: text("job_id"),
    createdAt: at("created_at").notNull().defaultNow(),
    expiresAt: at("expires_at").notNull(),
    lastUsedAt: at("last_used_at"),
    revokedAt: at("revoked_at"),
  },
  (t) => [index("api_tokens_team").on(t.teamId, t.createdAt), index("api_tokens_job").on(t.jobId)],
);

/** One-time links, such as the one that makes the first administrator. */
export const setupLinks = pgTable("setup_links", {
  hash: text("hash").primaryKey(),
  purpose: text("purpose").notNull(),
  expiresAt: at("expires_at").notNull(),
  usedAt: at("used_at"),
  createdAt: at("created_at").notNull().defaultNow(),
});
