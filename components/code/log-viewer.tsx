"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, ArrowDownToLine, Download, WrapText } from "lucide-react";
import { type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { downloadText } from "@/components/common/export-menu";
import { formatNumber } from "@/components/common/format";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Input } from "@/components/ui/input";
import { cleanLine, findMatches, headlineAt, splitMatches } from "./log-lines";

export type LogViewerProps = {
  /** The lines so far. Give a new array when lines arrive; they may hold terminal escapes. */
  lines: readonly string[];
  /** Lines that arrived after `lines` was loaded, for live logs. */
  append?: readonly string[];
  /** The number of the first line, when earlier ones were cut off. */
  firstLineNumber?: number;
  /** Start by following the end. */
  follow?: boolean;
  fileName?: string;
  /** Full log from the server; without it the download holds what is shown. */
  downloadHref?: string;
  label?: string;
  height?: number;
  emptyText?: string;
  /** A freshness dot. */
  status?: ReactNode;
  /** What the page says of the end: the last line that it begins with is marked. */
  headline?: string;
};

const LINE_HEIGHT = 20;

function Line({ text, query, current }: { text: string; query: string; current: boolean }) {
  const parts = splitMatches(text, query);
  if (parts.length === 1) return <>{text === "" ? " " : text}</>;
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 1 ? (
          // oxlint-disable-next-line react/no-array-index-key -- the parts of one line have no identity but their place
          <mark
            key={index}
            className={cn(
              "rounded-xs text-fg",
              current ? "bg-warning/50 outline-1 outline-warning" : "bg-warning/25",
            )}
          >
            {part}
          </mark>
        ) : (
          part
        ),
      )}
    </>
  );
}

type ToolbarProps = {
  query: string;
  onQuery: (query: string) => void;
  matches: number;
  at: number;
  onStep: (by: number) => void;
  wrap: boolean;
  onWrap: () => void;
  follow: boolean;
  onFollow: () => void;
  onDownload: () => void;
  downloadHref?: string;
  status?: ReactNode;
};

function Toolbar(props: ToolbarProps) {
  const { query, matches, at } = props;
  const found =
    query === ""
      ? ""
      : matches === 0
        ? "No match"
        : `${formatNumber(at + 1, 0)} of ${formatNumber(matches, 0)} lines`;
  return (
    <div className="flex flex-wrap items-center gap-1.5 border-b bg-surface-sunken px-2 py-1.5">
      <Input
        type="search"
        aria-label="Search the log"
        placeholder="Search the log"
        value={query}
        onChange={(event) => props.onQuery(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && props.onStep(event.shiftKey ? -1 : 1)}
        className="h-7 w-48"
      />
      <output data-numeric className="min-w-24 text-sm text-fg-muted">
        {found}
      </output>
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label="Previous match"
        disabled={matches === 0}
        onClick={() => props.onStep(-1)}
      >
        <ArrowUp aria-hidden />
      </Button>
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label="Next match"
        disabled={matches === 0}
        onClick={() => props.onStep(1)}
      >
        <ArrowDown aria-hidden />
      </Button>
      <div className="ml-auto flex items-center gap-1.5">
        {props.status}
        <Button
          variant={props.wrap ? "secondary" : "ghost"}
          size="icon-sm"
          aria-label="Wrap long lines"
          aria-pressed={props.wrap}
          onClick={props.onWrap}
        >
          <WrapText aria-hidden />
        </Button>
        <Button
          variant={props.follow ? "secondary" : "ghost"}
          size="sm"
          aria-pressed={props.follow}
          onClick={props.onFollow}
        >
          <ArrowDownToLine aria-hidden /> Follow
        </Button>
        {props.downloadHref ? (
          <Button asChild variant="ghost" size="icon-sm">
            <a href={props.downloadHref} download aria-label="Download the log">
              <Download aria-hidden />
            </a>
          </Button>
        ) : (
          <Button variant="ghost" size="icon-sm" aria-label="Download the log" onClick={props.onDownload}>
            <Download aria-hidden />
          </Button>
        )}
      </div>
    </div>
  );
}

/** A log of any length: virtual rows, search, wrap, follow, download. New lines are not announced (it would never stop talking). */
export function LogViewer(props: LogViewerProps) {
  const { lines, append, firstLineNumber = 1, fileName = "log.txt", label = "Log", height = 420 } = props;
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(props.follow ?? false);
  const scroller = useRef<HTMLElement>(null);
  const base = useMemo(() => lines.map(cleanLine), [lines]);
  const all = useMemo(
    () => (append && append.length > 0 ? [...base, ...append.map(cleanLine)] : base),
    [base, append],
  );
  const wanted = useDeferredValue(query.trim());
  const matches = useMemo(() => findMatches(all, wanted), [all, wanted]);
  const current = Math.min(at, matches.length - 1);
  const { headline } = props;
  const marked = useMemo(() => (headline ? headlineAt(all, headline) : -1), [all, headline]);
  // oxlint-disable-next-line react/incompatible-library -- the compiler is off in this house; nothing from it is memoized
  const virtual = useVirtualizer({
    count: all.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  // Effect: keeps the browser's scroll position at the end while following.
  useEffect(() => {
    if (follow && all.length > 0) virtual.scrollToIndex(all.length - 1, { align: "end" });
  }, [follow, all.length, virtual]);
  const step = (by: number) => {
    if (matches.length === 0) return;
    const next = (current + by + matches.length) % matches.length;
    setAt(next);
    setFollow(false);
    virtual.scrollToIndex(matches[next] ?? 0, { align: "center" });
  };
  const search = (next: string) => {
    setQuery(next);
    setAt(0);
    const first = findMatches(all, next.trim())[0];
    if (first !== undefined) {
      setFollow(false);
      virtual.scrollToIndex(first, { align: "center" });
    }
  };
  const gutter = `${String(firstLineNumber + all.length).length + 3}ch`;
  return (
    <div className="overflow-hidden rounded-lg border bg-surface">
      <Toolbar
        query={query}
        onQuery={search}
        matches={matches.length}
        at={Math.max(0, current)}
        onStep={step}
        wrap={wrap}
        onWrap={() => setWrap(!wrap)}
        follow={follow}
        onFollow={() => setFollow(!follow)}
        onDownload={() => downloadText(fileName, all.join("\n"), "text/plain")}
        downloadHref={props.downloadHref}
        status={props.status}
      />
      <section
        ref={scroller}
        aria-label={`${label}, ${formatNumber(all.length, 0)} lines`}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll container must be reachable by keyboard
        tabIndex={0}
        data-inset-focus
        onWheel={(event) => event.deltaY < 0 && setFollow(false)}
        className="overflow-auto overscroll-contain font-mono text-sm leading-5"
        style={{ height }}
      >
        {all.length === 0 ? (
          <p className="p-3 font-sans text-fg-subtle">{props.emptyText ?? "No output yet."}</p>
        ) : null}
        <div
          className="relative min-w-full"
          style={{ height: virtual.getTotalSize(), width: wrap ? "100%" : "max-content" }}
        >
          <div
            className="absolute top-0 left-0 min-w-full"
            style={{ transform: `translateY(${virtual.getVirtualItems()[0]?.start ?? 0}px)` }}
          >
            {virtual.getVirtualItems().map((item) => (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtual.measureElement}
                data-marked={item.index === marked || undefined}
                className={cn("flex hover:bg-surface-hover", item.index === marked && "bg-negative-soft")}
              >
                <span
                  aria-hidden
                  style={{ minWidth: gutter }}
                  className="sticky left-0 shrink-0 bg-surface pr-2 pl-2 text-right text-fg-subtle select-none"
                >
                  {firstLineNumber + item.index}
                </span>
                <span
                  className={cn(
                    "pr-3 pl-1",
                    wrap ? "min-w-0 break-all whitespace-pre-wrap" : "whitespace-pre",
                  )}
                >
                  <Line
                    text={all[item.index] ?? ""}
                    query={wanted}
                    current={matches[current] === item.index}
                  />
                </span>
              </div>
            ))}
          </div>
        </div>
      </section>
    </div>
  );
}
