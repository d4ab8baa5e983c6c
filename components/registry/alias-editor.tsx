"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Tag, X } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { DisabledReason } from "@/components/common/disabled-reason";
import { TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useCan } from "@/components/identity/use-can";
import { useTRPC } from "@/components/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { DialogForm } from "./dialog-form";

interface Target {
  modelName: string;
  number: number;
  aliases: string[];
}

/** Asks for an alias that will point at a version. */
export function AliasDialog({
  version,
  open,
  onOpenChange,
}: {
  version: Target;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { control, handleSubmit, setError, reset } = useForm({
    resolver: lazyResolver(async () =>
      (await import("@/server/registry/schemas")).AliasInput.pick({ alias: true }),
    ),
    defaultValues: { alias: "" },
  });
  const set = useMutation(trpc.registry.setAlias.mutationOptions({ meta: { handlesError: true } }));
  const submit = handleSubmit(({ alias }) =>
    set
      .mutateAsync({ name: version.modelName, version: version.number, alias })
      .then(async () => {
        await queryClient.invalidateQueries({ queryKey: trpc.registry.pathKey() });
        reset();
        onOpenChange(false);
      })
      .catch((error: unknown) => applyServerError(error, setError, ["alias"])),
  );
  return (
    <DialogForm
      open={open}
      onOpenChange={onOpenChange}
      title={`Set an alias on version ${version.number}`}
      description="Clients that load the model by this alias get this version. An alias that points elsewhere is moved."
      submitLabel="Set alias"
      pending={set.isPending}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={control} labels={{ alias: "Alias" }} />
      <TextField
        control={control}
        name="alias"
        label="Alias"
        mono
        placeholder="champion"
        autoComplete="off"
        spellCheck={false}
      />
    </DialogForm>
  );
}

/** A version's aliases; each can be taken away, others can be set. */
export function AliasEditor({ version }: { version: Target }) {
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
