import { randomFillSync } from "node:crypto";
import { ID_PREFIXES, type IdKind } from "@/server/plates/kinds";

const ID_BYTES = 16;
/** Random bytes for the next ids: asking for many at once costs a tenth of asking for each. */
const supply = Buffer.alloc(256 * ID_BYTES);
let used = supply.length;

/** UUIDv7 as 32 hex digits: 48 bits of milliseconds, then random (RFC 9562, 5.7). Sorts by time of creation. */
export function uuidV7Hex(nowMs = Date.now()): string {
  if (used === supply.length) {
    randomFillSync(supply);
    used = 0;
  }
  const bytes = supply.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex");
}

/** What belongs to no room. */
const OWN_PREFIXES = { event: "evt", request: "req", process: "proc" } as const;
const PREFIXES: Readonly<Record<IdKind | keyof typeof OWN_PREFIXES, string>> = {
  ...ID_PREFIXES,
  ...OWN_PREFIXES,
};

/** A prefixed id, such as `run_0192…`; the part after the prefix is a UUIDv7. */
export function newId(kind: keyof typeof PREFIXES): string {
  return `${PREFIXES[kind]}_${uuidV7Hex()}`;
}
