/** The only place where numbers, sizes, times and shares become text. Pure; safe on server and client. */

const LOCALE = "en-US";
const MISSING = "–";

function finite(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** A plain number, at most `digits` decimals (default 2 below 1,000, else 0). Missing → "–". */
export function formatNumber(value: number | null | undefined, digits?: number): string {
  if (!finite(value)) return MISSING;
  const max = digits ?? (Math.abs(value) < 1000 ? 2 : 0);
  return new Intl.NumberFormat(LOCALE, { maximumFractionDigits: max }).format(value);
}

/** A measured quantity with significant digits (metrics): 0.8731, 1.2e-7, 12,400. */
export function formatMetric(value: number | null | undefined, significant = 4): string {
  if (value === null || value === undefined) return MISSING;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(Math.max(0, significant - 1));
  return new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: significant }).format(value);
}

/** A share given as 0 to 1: 0.1234 → "12.3%". */
export function formatPercent(share: number | null | undefined, digits = 1): string {
  if (!finite(share)) return MISSING;
  return new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** Bytes in binary units: 1536 → "1.5 KiB". */
export function formatBytes(bytes: number | bigint | null | undefined): string {
  if (bytes === null || bytes === undefined) return MISSING;
  let value = Number(bytes);
  if (!Number.isFinite(value)) return MISSING;
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${formatNumber(value, unit === 0 ? 0 : value < 10 ? 2 : 1)} ${units[unit] ?? "B"}`;
}

/** A duration in milliseconds, two leading units: 950 → "950 ms", 75 000 → "1 min 15 s", 90 000 000 → "1 d 1 h". */
export function formatDuration(ms: number | null | undefined): string {
  if (!finite(ms)) return MISSING;
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms < 1) return ms === 0 ? "0 ms" : `${formatNumber(ms, 2)} ms`;
  if (ms < 1000) return `${formatNumber(ms, ms < 10 ? 1 : 0)} ms`;
  if (ms < 10_000) return `${formatNumber(ms / 1000, 1)} s`;
  const total = Math.round(ms / 1000);
  const parts: ReadonlyArray<readonly [number, string]> = [
    [Math.floor(total / 86_400), "d"],
    [Math.floor((total % 86_400) / 3600), "h"],
    [Math.floor((total % 3600) / 60), "min"],
    [total % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}

/** Thousandths of a core or a device: 1500 → "1.5". `unit` is appended when given. */
export function formatMilli(milli: number | null | undefined, unit = ""): string {
  if (!finite(milli)) return MISSING;
  return `${formatNumber(milli / 1000, 3)}${unit ? ` ${unit}` : ""}`;
}

/** A count with its noun: (1, "run") → "1 run", (2, "run") → "2 runs". */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(count, 0)} ${count === 1 ? singular : plural}`;
}

function toDate(value: Date | string | number): Date {
  return value instanceof Date ? value : new Date(value);
}

/** A moment as "Nov 20, 2026, 14:05"; `timeZone` defaults to the viewer's, "UTC" on request. */
export function formatDateTime(value: Date | string | number | null | undefined, timeZone?: string): string {
  if (value === null || value === undefined) return MISSING;
  const date = toDate(value);
  if (Number.isNaN(date.getTime())) return MISSING;
  const options: Intl.DateTimeFormatOptions = {
    dateStyle: "medium",
    timeStyle: "short",
    hourCycle: "h23",
    timeZone,
  };
  return new Intl.DateTimeFormat(LOCALE, options).format(date);
}

/** A day as "Nov 20, 2026". */
export function formatDate(value: Date | string | number | null | undefined, timeZone?: string): string {
  if (value === null || value === undefined) return MISSING;
  const date = toDate(value);
  if (Number.isNaN(date.getTime())) return MISSING;
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone }).format(date);
}

/** A clock time with seconds, for live charts and logs: "14:05:09". */
export function formatClock(value: Date | string | number, timeZone?: string): string {
  const options: Intl.DateTimeFormatOptions = { timeStyle: "medium", hourCycle: "h23", timeZone };
  return new Intl.DateTimeFormat(LOCALE, options).format(toDate(value));
}

/** Time relative to `now` (ms since epoch): "just now", "4 min ago", "in 3 h", "12 d ago"; beyond 60 days the date. */
export function formatRelative(value: Date | string | number, now: number): string {
  const then = toDate(value).getTime();
  if (Number.isNaN(then)) return MISSING;
  const seconds = Math.round((now - then) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  if (size > 60 * 86_400) return formatDate(then);
  const [amount, unit] =
    size < 60
      ? [size, "s"]
      : size < 3600
        ? [Math.round(size / 60), "min"]
        : size < 86_400
          ? [Math.round(size / 3600), "h"]
          : [Math.round(size / 86_400), "d"];
  return seconds > 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
}

/** Names in a row, the first few by name: "Ada, Ben and 3 more"; "nobody" without any. */
export function formatNames(names: readonly string[], shown = 3): string {
  if (names.length === 0) return "nobody";
  const more = names.length - shown;
  // "and 1 more" says less than the name, and is no shorter.
  const parts = more > 1 ? [...names.slice(0, shown), `${more} more`] : names;
  return parts.length === 1 ? parts.join() : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;
}

/** The short form of a digest: "sha256:9f2c…" → first 12 hex digits. */
export function shortDigest(digest: string, length = 12): string {
  return digest.replace(/^[a-z0-9]+:/u, "").slice(0, length);
}
