import { Lock } from "lucide-react";
import { Tooltip } from "@/components/ui/tooltip";
import { environmentOfAlias } from "@/server/registry/rules";

/** Marks an alias that moves through gates only, and says what that means. */
export function ProtectedMark({ alias }: { alias: string }) {
  const text = `Protected: ${alias} moves only to versions that ${environmentOfAlias(alias)} admits, and is not removed.`;
  return (
    <Tooltip content={text}>
      <button type="button" aria-label={text} className="inline-flex min-h-6 items-center gap-1 rounded-sm">
        <Lock aria-hidden /> Protected
      </button>
    </Tooltip>
  );
}
