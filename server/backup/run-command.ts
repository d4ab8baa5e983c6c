import { isAppError } from "@/server/core/errors";
import { LauncherError } from "@/server/launcher/launcher-error";

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

const mib = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

/** How much there is, as a person says it. */
export const countOf = (blobs: { count: number; bytes: number }, rows: number): string =>
  `${rows} rows, ${blobs.count} blobs (${mib(blobs.bytes)})`;

/** Runs a command; a failure that a person can mend is told in words, and ends it with 1. */
export async function runCommand(what: string, work: () => Promise<number>): Promise<void> {
  // What it writes is nobody else's to read.
  process.umask(0o077);
  let code = 1;
  try {
    code = await work();
  } catch (error) {
    const hint = error instanceof LauncherError || isAppError(error) ? error.hint : undefined;
    const known = hint !== undefined || (error instanceof Error && error.name === "SettingsError");
    const text =
      error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${what} ${text}\n`);
    if (hint) process.stderr.write(`What to do: ${hint}\n`);
  }
  // A Postgres that was running is watched for as long as this process lives.
  process.exit(code);
}
