"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Tag, X } from "lucide-react";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { useCan } from "@/components/identity/use-can";
import { useTRPC } from "@/components/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import type { AliasTarget } from "./alias-dialog";

const AliasDialog = later(async () => (await import("./alias-dialog")).AliasDialog);

/** A version's aliases; each can be taken away, others can be set. */
export function AliasEditor({ version }: { version: AliasTarget }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState(false);
  const { allowed, reason } = useCan("registry.model.write");
  const remove = useMutation(
    trpc.registry.deleteAlias.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: trpc.registry.pathKey() }),
    }),
  );
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      {version.aliases.map((alias) => (
        <Badge key={alias} tone="accent" className="h-6 pr-0.5">
          {alias}
          {allowed ? (
            <button
              type="button"
              aria-label={`Remove alias ${alias}`}
              className="inline-flex size-5 items-center justify-center rounded-sm hover:bg-surface-hover"
              onClick={() => remove.mutate({ name: version.modelName, alias })}
            >
              <X aria-hidden />
            </button>
          ) : null}
        </Badge>
      ))}
      <DisabledReason reason={allowed ? null : reason}>
        <Button size="sm" variant="ghost" onClick={() => setOpen(true)}>
          <Tag aria-hidden /> Set alias
        </Button>
      </DisabledReason>
      <AliasDialog version={version} open={open} onOpenChange={setOpen} />
    </span>
  );
}
