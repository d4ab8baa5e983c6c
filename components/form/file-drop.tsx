"use client";
import { File as FileIcon, Upload, X } from "lucide-react";
import { useId, useRef, useState } from "react";
import { formatBytes, formatPercent } from "@/components/common/format";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Progress } from "@/components/ui/progress";

export type FileDropProps = {
  label: string;
  /** What is accepted, in words: "CSV or Parquet, up to 2 GiB". */
  hint?: string;
  /** As the `accept` of a file input: ".csv,.parquet". */
  accept?: string;
  file: File | null;
  onFile: (file: File | null) => void;
  /** Uploaded share, 0 to 1; `null` when not uploading. */
  progress?: number | null;
  error?: string;
  disabled?: boolean;
};

/** A place to drop a file, or to choose one with mouse or keyboard. */
export function FileDrop({
  label,
  hint,
  accept,
  file,
  onFile,
  progress = null,
  error,
  disabled,
}: FileDropProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const busy = progress !== null;
  const clear = () => {
    if (input.current) input.current.value = "";
    onFile(null);
  };
  return (
    <div className="flex flex-col gap-1">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- dropping is the extra way; the input inside is the keyboard way */}
      <label
        htmlFor={id}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          const dropped = event.dataTransfer.files[0];
          if (dropped && !disabled && !busy) onFile(dropped);
        }}
        className={cn(
          "flex cursor-pointer flex-col items-center gap-1 rounded-lg border border-dashed border-border-strong bg-surface px-4 py-6 text-center focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-focus hover:bg-surface-hover",
          over && "border-accent bg-accent-soft",
          error && "border-negative",
        )}
      >
        <Upload aria-hidden className="size-5 text-fg-subtle" />
        <span className="font-medium">{label}</span>
        <span className="text-sm text-fg-muted">Drop it here, or choose a file</span>
        {hint ? (
          <span id={`${id}-hint`} className="text-sm text-fg-subtle">
            {hint}
          </span>
        ) : null}
        <input
          ref={input}
          id={id}
          type="file"
          accept={accept}
          disabled={disabled || busy}
          aria-describedby={
            [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined
          }
          aria-invalid={error ? true : undefined}
          onChange={(event) => onFile(event.target.files?.[0] ?? null)}
          className="sr-only"
        />
      </label>
      {file ? (
        <div className="flex flex-col gap-1.5 rounded-md border bg-surface px-3 py-2">
          <div className="flex items-center gap-2">
            <FileIcon aria-hidden className="size-4 shrink-0 text-fg-subtle" />
            <span className="min-w-0 flex-1 truncate">{file.name}</span>
            <span data-numeric className="text-sm text-fg-muted">
              {formatBytes(file.size)}
              {busy ? `, ${formatPercent(progress, 0)}` : ""}
            </span>
            {busy ? null : (
              <Button variant="ghost" size="icon-sm" aria-label={`Remove ${file.name}`} onClick={clear}>
                <X aria-hidden />
              </Button>
            )}
          </div>
          {busy ? <Progress value={progress} label={`Upload of ${file.name}`} /> : null}
        </div>
      ) : null}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-sm text-negative">
          {error}
        </p>
      ) : null}
    </div>
  );
}
