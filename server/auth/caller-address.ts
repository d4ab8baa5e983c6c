/** The last hop of `x-forwarded-for`, which a known proxy or the portal itself saw; earlier entries are whatever the caller wrote. */
export const callerAddress = (forwarded: unknown): string =>
  typeof forwarded === "string" ? (forwarded.split(",").at(-1)?.trim() ?? "unknown") : "unknown";
