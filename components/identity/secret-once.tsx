"use client";
import { CopyButton } from "@/components/common/copy-button";
import { Callout } from "@/components/ui/callout";

/** A secret that the server will not show again, and a way to copy it. */
export function SecretOnce({
  title,
  text,
  value,
  label,
}: {
  title: string;
  text: string;
  value: string;
  label: string;
}) {
  return (
    <output className="block">
      <Callout tone="positive" title={title}>
        <p>{text}</p>
        <p className="mt-2 flex min-w-0 items-center gap-2 rounded-md border bg-surface px-2 py-1">
          <code className="min-w-0 flex-1 font-mono text-sm break-all text-fg select-all">{value}</code>
          <CopyButton value={value} label={label} />
        </p>
      </Callout>
    </output>
  );
}
