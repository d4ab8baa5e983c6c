import { attemptFolder, readKeeper } from "./attempt-folder";
import { isAlive } from "./shim/process-table.mjs";

/** Whether somebody still keeps an attempt: a keeper tidies its folder up after it has told the end. */
export function isKept(root: string, attemptId: string): boolean {
  const keeper = readKeeper(attemptFolder(root, attemptId));
  // We ourselves stand for the keeper of an attempt that was stopped before its start.
  return keeper !== null && keeper.pid !== process.pid && isAlive(keeper);
}
