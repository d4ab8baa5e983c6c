"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { Callout } from "@/components/ui/callout";
import { environmentOfAlias, isProtectedName, type Protection } from "@/server/registry/rules";

export interface AliasTarget {
  modelName: string;
  number: number;
  aliases: string[];
  protection: Protection;
}

/** Asks for an alias that will point at a version. */
export function AliasDialog({
  version,
  open,
  onOpenChange,
}: {
  version: AliasTarget;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { control, handleSubmit, setError, reset, watch } = useForm({
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
  const alias = watch("alias").trim();
  return (
    <FormDialog
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
      {isProtectedName(version.protection, alias) ? (
        <Callout tone="info" title={`${alias} is protected`}>
          It points only at versions that {environmentOfAlias(alias)} admits: every required policy passed and
          people approved. If something is missing, you are told what and where to ask for it.
        </Callout>
      ) : null}
    </FormDialog>
  );
}
