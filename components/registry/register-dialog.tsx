"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useId } from "react";
import { useForm } from "react-hook-form";
import { readError } from "@/components/kit/error-shape";
import { TextareaField, TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { versionHref } from "@/server/registry/kinds";

interface Values {
  name: string;
  description: string;
}

export type RegisterDialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** `models:/m-…` of a logged model, or `runs:/<run>/<folder>`. */
  source: string;
  runId?: string | null;
  loggedModelId?: string | null;
  /** Offered as the model's name, such as the experiment's. */
  suggestedName?: string;
};

/** Registers what a run logged as the next version of a model, which is made if it is new. From a run page: open, confirm. */
export function RegisterDialog(props: RegisterDialogProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const listId = useId();
  const models = useQuery(
    trpc.registry.models.queryOptions({ limit: 200, sort: "name" }, { enabled: props.open }),
  );
  const { control, handleSubmit, setError } = useForm({
    resolver: lazyResolver(async () => (await import("@/server/registry/schemas")).NameAndDescription),
    defaultValues: { name: props.suggestedName ?? "", description: "" },
  });
  const createModel = useMutation(
    trpc.registry.createModel.mutationOptions({ meta: { handlesError: true } }),
  );
  const createVersion = useMutation(
    trpc.registry.createVersion.mutationOptions({ meta: { handlesError: true } }),
  );
  const register = async (values: Values) => {
    if (!models.data?.items.some((model) => model.name === values.name)) {
      await createModel.mutateAsync({ name: values.name, tags: [] }).catch((error: unknown) => {
        // Made by someone else meanwhile, or beyond the first page: the version goes to it all the same.
        if (readError(error).code !== "conflict") throw error;
      });
    }
    return createVersion.mutateAsync({
      ...values,
      source: props.source,
      runId: props.runId ?? null,
      loggedModelId: props.loggedModelId ?? null,
      tags: [],
    });
  };
  const submit = handleSubmit((values) =>
    register(values)
      .then((version) => {
        props.onOpenChange(false);
        router.push(versionHref(version.modelName, version.number));
      })
      .catch((error: unknown) => applyServerError(error, setError, ["name", "description"])),
  );
  return (
    <FormDialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="Register as a version"
      description="Its files are sealed by their digests, scanned and judged by the gates."
      submitLabel="Register"
      pending={createModel.isPending || createVersion.isPending}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={control} labels={{ name: "Model", description: "What is new" }} />
      <TextField
        control={control}
        name="name"
        label="Model"
        mono
        autoComplete="off"
        spellCheck={false}
        hint={<ModelHint id={listId} names={models.data?.items.map((model) => model.name) ?? []} />}
      />
      <TextareaField control={control} name="description" label="What is new" optional rows={2} />
    </FormDialog>
  );
}

function ModelHint({ id, names }: { id: string; names: string[] }) {
  if (names.length === 0) return "A new name makes a new model.";
  return (
    <span id={id}>
      A new name makes a new model. There are: {names.slice(0, 8).join(", ")}
      {names.length > 8 ? ", …" : ""}
    </span>
  );
}
