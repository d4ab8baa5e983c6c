"use client";
import { RotateCcw } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { CopyButton } from "./copy-button";
import { readError } from "@/components/kit/error-shape";

export type ErrorNoticeProps = { error: unknown; title?: string; onRetry?: () => void; className?: string };

/** What happened, what to do next, the request id to quote, and a retry. */
export function ErrorNotice({ error, title, onRetry, className }: ErrorNoticeProps) {
  const view = readError(error);
  return (
    <Callout
      tone="negative"
      role="alert"
      className={className}
      title={title ?? view.message}
      actions={
        onRetry ? (
          <Button size="sm" onClick={onRetry}>
            <RotateCcw aria-hidden /> Try again
          </Button>
        ) : undefined
      }
    >
      {title ? <p>{view.message}</p> : null}
      {view.hint ? <p>{view.hint}</p> : null}
      {view.code || view.requestId ? (
        <p className="mt-1 flex flex-wrap items-center gap-x-3 text-xs">
          {view.code ? <span className="font-mono">{view.code}</span> : null}
          {view.requestId ? (
            <span className="inline-flex items-center gap-1">
              Request <span className="font-mono">{view.requestId}</span>
              <CopyButton value={view.requestId} label="Copy request id" />
            </span>
          ) : null}
        </p>
      ) : null}
    </Callout>
  );
}
