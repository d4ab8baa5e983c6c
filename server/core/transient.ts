const SQLSTATE = /^(08|57P0|53300|40001|40P01)/;
const NODE_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOENT", "EAI_AGAIN"]);
const MESSAGES =
  /connection terminated|connection ended|timeout exceeded when trying to connect|server closed the connection|not queryable|the database system is/i;

/** Whether an error says that the database is away for a moment, rather than that the work is wrong. */
export function isTransient(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    if (SQLSTATE.test(code) || MESSAGES.test(at.message)) return true;
    if (NODE_CODES.has(code) && "syscall" in at && at.syscall === "connect") return true;
    if (code === "ECONNRESET" || code === "EPIPE") return true;
  }
  return false;
}
