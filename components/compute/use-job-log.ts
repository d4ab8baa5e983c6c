"use client";
import { useEffect, useState } from "react";
import type { LiveStatus } from "@/components/use-live";

export interface JobLogState {
  lines: readonly string[];
  /** Older lines that the page let go; the download has them. */
  dropped: number;
  connection: LiveStatus;
  ended: boolean;
  updatedAt: number | null;
}

/** Checked by hand: a validator would weigh more than the rest of this page's code. */
function textOf(data: string): string | undefined {
  const event: unknown = JSON.parse(data);
  return typeof event === "object" && event !== null && "text" in event && typeof event.text === "string"
    ? event.text
    : undefined;
}
const EMPTY: JobLogState = { lines: [], dropped: 0, connection: "connecting", ended: false, updatedAt: null };
const PAINT_MS = 100;
/** A long log is handed on less often, since each time costs in proportion to its length. */
const LONG_LINES = 20_000;
const LONG_PAINT_MS = 1_000;
/** What a page holds of a log; the download has all of it. */
const MAX_LINES = 200_000;

/** A line as shown: the clock in front, and the portal's own lines marked. */
export function shownLine(line: string): string {
  const [, at, stream, text] = /^(\S+Z) ([os]) ?(.*)$/s.exec(line) ?? [];
  if (at === undefined || stream === undefined) return line;
  return `${at.slice(11, 19)} ${stream === "s" ? "── " : ""}${text ?? ""}`;
}

/**
 * Follows the log of a job's attempt over SSE. The browser reconnects by itself and goes on at the byte it had; lines are handed
 * on at most ten times a second, so that a chatty job does not freeze the page. Give the component a key per attempt.
 */
export function useJobLog(jobId: string, attempt: number | undefined): JobLogState {
  const [state, setState] = useState<JobLogState>(EMPTY);
  // Effect: holds the SSE connection, which lives outside React.
  useEffect(() => {
    const query = attempt === undefined ? "" : `?attempt=${attempt}`;
    const source = new EventSource(`/api/v1/jobs/${jobId}/log/stream${query}`);
    const lines: string[] = [];
    let rest = "";
    let dropped = 0;
    let changed = false;
    let paintedAt = 0;
    const paint = (atOnce = false) => {
      const pauseMs = lines.length > LONG_LINES ? LONG_PAINT_MS : 0;
      if (!changed || (!atOnce && Date.now() - paintedAt < pauseMs)) return;
      changed = false;
      paintedAt = Date.now();
      // In blocks, so that a full log is not copied anew for every line.
      if (lines.length > MAX_LINES * 1.2) dropped += lines.splice(0, lines.length - MAX_LINES).length;
      const shown = rest === "" ? [...lines] : [...lines, shownLine(rest)];
      setState((now) => ({ ...now, lines: shown, dropped, updatedAt: Date.now() }));
    };
    const timer = setInterval(() => paint(), PAINT_MS);
    source.addEventListener("open", () => setState((now) => ({ ...now, connection: "live" })));
    source.addEventListener("error", () =>
      setState((now) => ({
        ...now,
        connection: now.connection === "connecting" ? "connecting" : "reconnecting",
      })),
    );
    source.addEventListener("log", (event: MessageEvent<string>) => {
      const text = textOf(event.data);
      if (text === undefined) return;
      const parts = `${rest}${text}`.split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) lines.push(shownLine(part));
      changed = true;
    });
    source.addEventListener("end", () => {
      source.close();
      paint(true);
      setState((now) => ({ ...now, ended: true, connection: "live" }));
    });
    return () => {
      clearInterval(timer);
      source.close();
    };
  }, [jobId, attempt]);
  return state;
}
