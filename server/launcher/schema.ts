import { migrateDatabase } from "@/db/migrate";
import { LauncherError } from "./launcher-error";

/** SQLSTATE or code of the driver → what the operator can do. */
const HINTS: readonly [RegExp, string][] = [
  [
    /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/,
    "Start the database, or correct the address.",
  ],
  [/^28/, "Check the user and the password in the address."],
  [/^3D000$/, "Create the database first, or correct its name in the address."],
  [
    /^42501$/,
    "The schema is made by the role in DATABASE_OWNER_URL (without one, in DATABASE_URL): it must own the database or may CREATE in it.",
  ],
];

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/**
 * Migrates a database of the operator's own.
 * @throws LauncherError that names the setting and what to do.
 */
export async function migrateExternal(ownerUrl: string, setting: string): Promise<void> {
  try {
    await migrateDatabase(ownerUrl);
  } catch (error) {
    const chain = [error, error instanceof Error ? error.cause : undefined];
    const hint = chain.flatMap((each) => HINTS.filter(([code]) => code.test(codeOf(each))))[0]?.[1];
    if (!hint) throw error;
    const { host } = new URL(ownerUrl);
    const cause = chain.findLast((each) => each instanceof Error);
    throw new LauncherError(
      `The database at ${host} (${setting}) cannot be used: ${cause instanceof Error ? cause.message : "unknown"}.`,
      hint,
    );
  }
}
