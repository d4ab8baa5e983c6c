import { Fingerprint } from "lucide-react";
import { cn } from "@/components/ui/cn";
import { CopyButton } from "./copy-button";
import { shortDigest } from "./format";

/** A content hash in short form; copies the whole. */
export function DigestChip({
  digest,
  label = "digest",
  className,
}: {
  digest: string;
  label?: string;
  className?: string;
}) {
  return (
    <span
      className={cn(
        "inline-flex h-6 items-center gap-1 rounded-sm font-mono text-sm text-fg-muted",
        className,
      )}
      title={digest}
    >
      <Fingerprint aria-hidden className="size-3.5 text-fg-subtle" />
      <span>{shortDigest(digest)}</span>
      <CopyButton value={digest} label={`Copy ${label}`} />
    </span>
  );
}
