import fs from "node:fs";
import path from "node:path";

/** What of the home folder belongs to an installation, besides database and objects: its keys, and predictions on their way into the database. */
const KEPT = [
  { folder: "", names: /^auth-secret$/ },
  { folder: "keys", names: /^[a-z0-9-]+\.(pem|json)$/ },
  // What was delivered twice is stored once, so the place of the reader may be older than the records.
  { folder: "spool", names: /^(position\.json|\d{12}\.log)$/ },
];

/** Names from the home's root, with slashes. */
export function homeFiles(home: string): string[] {
  return KEPT.flatMap(({ folder, names }) => {
    const at = path.join(home, folder);
    if (!fs.existsSync(at)) return [];
    return fs
      .readdirSync(at)
      .filter(
        (name) => names.test(name) && fs.statSync(path.join(at, name), { throwIfNoEntry: false })?.isFile(),
      )
      .map((name) => path.posix.join(folder, name))
      .toSorted((a, b) => Number(b.endsWith("position.json")) - Number(a.endsWith("position.json")));
  });
}

/** Whether a name is one that `homeFiles` gives: nothing else is ever written into a home. */
export function isHomeFile(name: string): boolean {
  const folder = path.posix.dirname(name);
  return KEPT.some(
    (kept) => kept.folder === (folder === "." ? "" : folder) && kept.names.test(path.posix.basename(name)),
  );
}
