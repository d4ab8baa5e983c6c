"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Tag, X } from "lucide-react";
import { useState } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { later } from "@/components/ui/later";
import { toast } from "@/components/ui/toast";
import { isProtectedName } from "@/server/registry/rules";
import type { AliasTarget } from "./alias-dialog";
import { ProtectedMark } from "./protected-mark";

const AliasDialog = later(async () => (await import("./alias-dialog")).AliasDialog);

/** A version's aliases; each can be taken away after a question, others can be set. */
export function AliasEditor({ version }: { version: AliasTarget }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState(false);
  const [leaving, setLeaving] = useState<string | null>(null);
  const { allowed, reason } = useCan("registry.model.write");
  const isFree = (alias: string) => !isProtectedName(version.protection, alias);
  const remove = useMutation(trpc.registry.deleteAlias.mutationOptions({ meta: { handlesError: true } }));
  const removeNow = async (alias: string) => {
    await remove.mutateAsync({ name: version.modelName, alias });
    await queryClient.invalidateQueries({ queryKey: trpc.registry.pathKey() });
    toast.success(`Alias ${alias} removed`);
  };
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      {version.aliases.map((alias) => (
        <Badge key={alias} tone="accent" className={cn("h-6", isFree(alias) && allowed && "pr-0")}>
          {alias}
          {isFree(alias) ? null : <ProtectedMark alias={alias} />}
          {allowed && isFree(alias) ? (
            <button
              type="button"
              aria-label={`Remove alias ${alias}`}
              aria-haspopup="dialog"
              className="inline-flex size-6 items-center justify-center rounded-sm hover:bg-surface-hover"
              onClick={() => setLeaving(alias)}
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
      {/* Outside of the badge, which goes with its alias. */}
      <ConfirmDialog
        open={leaving !== null}
        onOpenChange={(next) => (next ? undefined : setLeaving(null))}
        title={`Remove the alias ${leaving ?? ""} from version ${version.number}?`}
        consequence={
          <>
            Clients that load{" "}
            <span className="font-mono break-all">
              models:/{version.modelName}@{leaving}
            </span>{" "}
            will fail until the alias is set again.
          </>
        }
        confirmLabel="Remove alias"
        onConfirm={() => (leaving === null ? undefined : removeNow(leaving))}
      />
      <AliasDialog version={version} open={open} onOpenChange={setOpen} />
    </span>
  );
}
