/** One line of an attempt's log. */
export interface LogLine {
  at: string;
  /** `output`: the job's own words; `system`: the portal's. */
  stream: "output" | "system";
  text: string;
}

const linePattern = /^(\S+Z) ([os]) ?(.*)$/s;

/** Reads a line of the log format `<ISO time> <o|s> <text>`; what has another form counts as output without a time. */
export function parseLogLine(line: string): LogLine {
  const [, at = "", stream, text = ""] = linePattern.exec(line) ?? [];
  if (stream === undefined) return { at: "", stream: "output", text: line };
  return { at, stream: stream === "s" ? "system" : "output", text };
}
