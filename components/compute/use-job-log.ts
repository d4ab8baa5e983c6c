"use client";
import { useEffect, useState } from "react";
import type { LiveStatus } from "@/components/kit/use-live";

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
/** A browser goes on by itself after a broken connection, but gives up on an answer that is an error. */
const REOPEN_MS = 3_000;

/** A line as shown: the clock in front, and the portal's own lines marked. */
export function shownLine(line: string): string {
  const [, at, stream, text] = /^(\S+Z) ([os]) ?(.*)$/s.exec(line) ?? [];
  if (at === undefined || stream === undefined) return line;
  return `${at.slice(11, 19)} ${stream === "s" ? "── " : ""}${text ?? ""}`;
}

/**
 * Follows the log of a job's attempt over SSE, and goes on at the byte it had when the connection breaks or is refused; lines are
 * handed on at most ten times a second, so that a chatty job does not freeze the page. Give the component a key per attempt.
 */
export function useJobLog(jobId: string, attempt: number | undefined): JobLogState {
  const [state, setState] = useState<JobLogState>(EMPTY);
  // Effect: holds the SSE connection, which lives outside React.
  useEffect(() => {
    let source: EventSource | undefined;
    let reopen: ReturnType<typeof setTimeout> | undefined;
    let offset = "0";
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
    const read = (event: MessageEvent<string>) => {
      offset = event.lastEventId || offset;
      const text = textOf(event.data);
      if (text === undefined) return;
      const parts = `${rest}${text}`.split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) lines.push(shownLine(part));
      changed = true;
    };
    const open = () => {
      const query = new URLSearchParams({
        offset,
        ...(attempt === undefined ? {} : { attempt: `${attempt}` }),
      });
      const opened = new EventSource(`/api/v1/jobs/${jobId}/log/stream?${query.toString()}`);
      source = opened;
      opened.addEventListener("open", () => setState((now) => ({ ...now, connection: "live" })));
      opened.addEventListener("error", () => {
        if (opened.readyState === EventSource.CLOSED) reopen = setTimeout(open, REOPEN_MS);
        setState((now) => ({
          ...now,
          connection: now.connection === "connecting" ? "connecting" : "reconnecting",
        }));
      });
      opened.addEventListener("log", read);
      opened.addEventListener("end", () => {
        opened.close();
        paint(true);
        setState((now) => ({ ...now, ended: true, connection: "live" }));
      });
    };
    open();
    return () => {
      clearInterval(timer);
      clearTimeout(reopen);
      source?.close();
    };
  }, [jobId, attempt]);
  return state;
}
