import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { log } from "@/server/core/log";

const PREFIX = "modelworks-models-";

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Whether another user could find the way to a folder: the runtime looks at each folder above a model. */
function isReachable(folder: string): boolean {
  for (let each = folder; ; each = path.dirname(each)) {
    if ((fs.statSync(each).mode & 0o001) === 0) return false;
    if (each === path.dirname(each)) return true;
  }
}

const isOurs = (folder: string) => fs.lstatSync(folder).uid === process.getuid?.();

/** Removes what processes that are gone left behind. */
function clean(above: string): void {
  for (const name of fs.readdirSync(above)) {
    const pid = Number(/^(\d+)-/.exec(name.startsWith(PREFIX) ? name.slice(PREFIX.length) : "")?.[1]);
    const folder = path.join(above, name);
    if (Number.isInteger(pid) && !isAlive(pid) && isOurs(folder))
      fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A folder for this process's copies of models. Under `home` if it can be reached by the users that models run as, else in the machine's
 * folder for temporary files that are kept on disk; nobody may list it.
 */
export function ownFolder(home: string) {
  fs.mkdirSync(home, { recursive: true, mode: 0o711 });
  const changesUser = process.getuid?.() === 0;
  const places = changesUser ? [home, "/var/tmp", os.tmpdir()] : [home];
  const above = places.find((place) => !changesUser || (fs.existsSync(place) && isReachable(place)));
  if (above === undefined)
    log.warn({ places }, "no folder can be reached by other users, so models run as the gateway's own user");
  const chosen = above ?? home;
  clean(chosen);
  const folder = fs.mkdtempSync(path.join(chosen, `${PREFIX}${process.pid}-`));
  fs.chmodSync(folder, 0o711);
  return {
    folder,
    reachable: above !== undefined,
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}
