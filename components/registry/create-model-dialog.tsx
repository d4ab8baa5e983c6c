"use client";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useForm } from "react-hook-form";
import { TextareaField, TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { modelHref } from "@/server/registry/kinds";

/** Names a model before its first version. */
export function CreateModelDialog(props: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { control, handleSubmit, setError, reset } = useForm({
    resolver: lazyResolver(async () => (await import("@/server/registry/schemas")).NameAndDescription),
    defaultValues: { name: "", description: "" },
  });
  const create = useMutation(trpc.registry.createModel.mutationOptions({ meta: { handlesError: true } }));
  const submit = handleSubmit((values) =>
    create
      .mutateAsync({ ...values, tags: [] })
      .then((model) => {
        props.onOpenChange(false);
        reset();
        router.push(modelHref(model.name));
      })
      .catch((error: unknown) => applyServerError(error, setError, ["name", "description"])),
  );
  return (
    <FormDialog
      {...props}
      title="New model"
      description="A name under which versions are registered. Jobs can also make it when they log a model."
      submitLabel="Create model"
      pending={create.isPending}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={control} labels={{ name: "Name", description: "Description" }} />
      <TextField
        control={control}
        name="name"
        label="Name"
        mono
        autoComplete="off"
        spellCheck={false}
        hint="Any characters but / and :"
      />
      <TextareaField control={control} name="description" label="Description" optional rows={3} />
    </FormDialog>
  );
}
