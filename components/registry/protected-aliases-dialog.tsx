"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { TextareaField, TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { toast } from "@/components/ui/toast";
import { PRODUCTION_ALIASES } from "@/server/registry/rules";
import type { ModelDetail } from "./types";

const LABELS = { aliases: "Other aliases", reason: "Why" };

/** Asks which aliases are protected besides the usual ones. */
export function ProtectedAliasesDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  model: Pick<ModelDetail, "name" | "protection">;
}) {
  const { name, protection } = props.model;
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { control, handleSubmit, setError, reset, formState } = useForm({
    resolver: lazyResolver(async () => (await import("@/server/registry/schemas")).ProtectedAliasesForm),
    values: { aliases: protection.aliases.join(", "), reason: "" },
  });
  const set = useMutation(trpc.registry.setProtection.mutationOptions({ meta: { handlesError: true } }));
  const submit = handleSubmit((values) =>
    set
      .mutateAsync({ name, mode: protection.mode, ...values })
      .then(async () => {
        await queryClient.invalidateQueries({ queryKey: trpc.registry.pathKey() });
        props.onOpenChange(false);
        reset();
        toast.success("Protected aliases changed");
      })
      .catch((error: unknown) => applyServerError(error, setError, ["aliases", "reason"])),
  );
  return (
    <FormDialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Protected aliases of ${name}`}
      description={`${PRODUCTION_ALIASES.join(", ")} are always among them. While the protection is on, each moves only to versions that production admits (staging: that staging admits).`}
      submitLabel="Save aliases"
      pending={set.isPending}
      dirty={formState.isDirty}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={control} labels={LABELS} />
      <TextField
        control={control}
        name="aliases"
        label={LABELS.aliases}
        mono
        optional
        autoComplete="off"
        spellCheck={false}
        hint="With commas between. Empty: only the usual ones."
      />
      <TextareaField
        control={control}
        name="reason"
        label={LABELS.reason}
        rows={2}
        hint="For the audit log"
      />
    </FormDialog>
  );
}
