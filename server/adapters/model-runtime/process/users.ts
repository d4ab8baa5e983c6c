import fs from "node:fs";
import { log } from "@/server/core/log";
import { AppError } from "@/server/core/errors";
import { userRange } from "../../process-users.mjs";

/** Where the gateway is root, each model's process runs under a number of its own, so that none may read, signal or trace another. */
const taken = new Set<number>();

/** Users of the processes of this machine: another gateway, or the worker that tries models, takes from the same numbers. */
function usersAtWork(): Set<number> {
  const users = new Set<number>();
  for (const name of fs.existsSync("/proc") ? fs.readdirSync("/proc") : [])
    if (/^\d+$/.test(name)) users.add(fs.statSync(`/proc/${name}`, { throwIfNoEntry: false })?.uid ?? 0);
  return users;
}

let range: ReturnType<typeof userRange> | undefined;

function rangeOfModels(): ReturnType<typeof userRange> {
  if (range !== undefined) return range;
  range = userRange("models");
  if (range === null && process.getuid?.() === 0)
    log.warn("this container has too few user numbers, so models run as the gateway's own user");
  return range;
}

/**
 * A number for a process; undefined where this gateway may not change users.
 * @throws AppError `unavailable` when all are taken.
 */
export function takeUser(): number | undefined {
  const users = rangeOfModels();
  if (users === null) return undefined;
  const { first, count } = users;
  const atWork = usersAtWork();
  // From a place of its own: of two gateways that look at the same time, neither sees the other's newest process.
  for (let tries = 0; tries < count; tries += 1) {
    const id = first + ((process.pid * 31 + tries) % count);
    if (taken.has(id) || atWork.has(id)) continue;
    taken.add(id);
    return id;
  }
  throw new AppError("unavailable", `No user is free for the model: ${count} models run on this machine.`);
}

export function giveBackUser(id: number | undefined): void {
  if (id !== undefined) taken.delete(id);
}
