import type { Context } from "hono";
import type { HttpEnv } from "@/server/kit/app-env";
import { exportAudit, type AuditRow } from "./export-audit";

const CSV_KEYS = [
  "seq",
  "at",
  "teamId",
  "team",
  "actorKind",
  "actorId",
  "actorName",
  "action",
  "subjectKind",
  "subjectId",
  "payload",
  "hash",
] as const;

function cell(value: string | number | Date | null): string {
  const text = value === null ? "" : value instanceof Date ? value.toISOString() : String(value);
  // A leading =, +, - or @ would be run as a formula by a spreadsheet.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvLine = (row: AuditRow) => `${CSV_KEYS.map((key) => cell(row[key])).join(",")}\r\n`;
const jsonLine = (row: AuditRow) =>
  `${JSON.stringify({ ...row, payload: JSON.parse(row.payload) as unknown })}\n`;

/** Streams the filtered audit log; a batch is read when the client has taken the one before. */
export async function streamAudit(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const { format, batches } = await exportAudit.execute(caller, c.req.query());
  const csv = format === "csv";
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      if (csv) controller.enqueue(encoder.encode(`${CSV_KEYS.join(",")}\r\n`));
    },
    pull: async (controller) => {
      const next = await batches.next();
      if (next.done) return controller.close();
      controller.enqueue(encoder.encode(next.value.map(csv ? csvLine : jsonLine).join("")));
    },
    cancel: async () => {
      await batches.return(undefined);
    },
  });
  return new Response(body, {
    headers: {
      "content-type": csv ? "text/csv; charset=utf-8" : "application/x-ndjson",
      "content-disposition": `attachment; filename="audit.${csv ? "csv" : "ndjson"}"`,
      "cache-control": "no-store",
    },
  });
}
