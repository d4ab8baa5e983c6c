import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { ObjectStore } from "@/server/adapters/object-store";
import { systemActor } from "@/server/core/actor";
import { isAppError } from "@/server/core/errors";
import { verifyLog } from "@/server/governance/log/verify-log";
import { verifyAudit } from "@/server/identity/verify-audit";

/** What was looked at, in words, and whether it holds. */
export interface Finding {
  ok: boolean;
  text: string;
}

const AT_ONCE = 4;
const MOST_NAMED = 10;

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

async function auditHolds(db: Db): Promise<Finding> {
  const verdict = await verifyAudit.execute({ actor: systemActor(""), db }, {});
  const { firstBad, waitingProblem } = verdict;
  const problem = firstBad ? `Row ${firstBad.seq}: ${firstBad.problem}.` : waitingProblem;
  return {
    ok: verdict.ok,
    text: verdict.ok
      ? `The audit chain holds: ${plural(verdict.checked, "row")}, the newest has the hash ${verdict.head}.`
      : `The audit chain does not hold after ${plural(verdict.checked, "row")}. ${problem ?? ""}`,
  };
}

async function logHolds(db: Db, checkpoint: string | null): Promise<Finding> {
  try {
    const verdict = await verifyLog.execute(
      { actor: systemActor(""), db },
      checkpoint === null ? {} : { checkpoint },
    );
    const against = checkpoint === null ? "" : " and its checkpoint";
    return {
      ok: verdict.ok,
      text: verdict.ok
        ? `The transparency log${against} ${checkpoint === null ? "holds" : "hold"}: ${plural(verdict.checked, "entry").replace(/entrys$/, "entries")}.`
        : `The transparency log does not hold: ${verdict.problems.join(" ")}`,
    };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { ok: false, text: `The transparency log does not hold: ${error.message}.` };
  }
}

async function blobsHold(db: Db, store: ObjectStore): Promise<Finding> {
  const { rows } = await db.execute<{ digest: string }>(sql`select digest from blobs order by digest`);
  const bad: string[] = [];
  const waiting = rows.values();
  const work = async () => {
    for (const { digest } of waiting) {
      const { ok, actual } = await store.verify(digest);
      if (!ok) bad.push(`${digest} ${actual === null ? "is missing" : "has other bytes"}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (bad.length === 0)
    return {
      ok: true,
      text: `Every blob holds: ${plural(rows.length, "blob")}, read and compared with their names.`,
    };
  const more = bad.length > MOST_NAMED ? ` and ${bad.length - MOST_NAMED} more` : "";
  return {
    ok: false,
    text: `${bad.length} of ${plural(rows.length, "blob")} do not hold: ${bad.toSorted().slice(0, MOST_NAMED).join(", ")}${more}.`,
  };
}

/** Looks at everything that can prove itself. */
export const verifyRestored = async (
  db: Db,
  store: ObjectStore,
  checkpoint: string | null,
): Promise<Finding[]> => [await auditHolds(db), await logHolds(db, checkpoint), await blobsHold(db, store)];
