"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { toast } from "@/components/ui/toast";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { Section } from "@/components/common/section";
import { SelectField, TextareaField, TextField } from "@/components/form/fields";
import { Form, FormErrorSummary, SubmitBar } from "@/components/form/form";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useCan, useSession } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { CLASSIFICATIONS } from "@/server/datasets/rules";
import { CLASSIFICATION_OPTIONS } from "./classification-badge";
import type { Dataset } from "./types";

const FIELDS = ["name", "description", "classification", "ownerId"] as const;
const LABELS = {
  name: "Name",
  description: "Description",
  classification: "Classification",
  ownerId: "Owner",
};

const fieldsOf = (dataset: Dataset) => ({
  name: dataset.name,
  description: dataset.description,
  classification: CLASSIFICATIONS.find((each) => each === dataset.classification) ?? "internal",
  ownerId: dataset.ownerId,
});

/**
 * The details' form. What others save meanwhile appears in the fields that were left alone; what was typed stays, and where both changed
 * the same field `clashes` names it, once.
 */
function useDetails(dataset: Dataset) {
  const current = fieldsOf(dataset);
  const [base, setBase] = useState(current);
  const form = useForm({
    resolver: lazyResolver(async () => (await import("@/server/datasets/schemas")).DatasetDetailsInput),
    defaultValues: current,
    values: current,
    resetOptions: { keepDirtyValues: true },
  });
  const { dirtyFields } = form.formState;
  const moved = FIELDS.filter((field) => current[field] !== base[field]);
  if (moved.some((field) => !dirtyFields[field])) {
    setBase({
      ...base,
      ...Object.fromEntries(FIELDS.flatMap((f) => (dirtyFields[f] ? [] : [[f, current[f]]]))),
    });
  }
  const clashes = () => {
    const both = moved.filter((field) => dirtyFields[field]);
    if (both.length > 0) setBase(current);
    return both.map((field) => LABELS[field]);
  };
  return { form, clashes };
}

function Details({ dataset, blocked }: { dataset: Dataset; blocked: string | undefined }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const session = useSession();
  const teamId = session.data?.team?.id ?? "";
  const members = useQuery(
    trpc.identity.members.queryOptions({ teamId }, { enabled: teamId !== "", retry: false }),
  );
  const update = useMutation(trpc.datasets.update.mutationOptions({ meta: { handlesError: true } }));
  const { form, clashes } = useDetails(dataset);
  const owners = (members.data?.items ?? [])
    .filter((member) => !member.isService && member.disabledAt === null)
    .map((member) => ({ value: member.userId, label: member.name }));
  const options = owners.some((option) => option.value === dataset.ownerId)
    ? owners
    : [{ value: dataset.ownerId, label: dataset.ownerName }, ...owners];
  const submit = form.handleSubmit(async (values) => {
    const both = clashes();
    if (both.length > 0) {
      const message = `Someone else changed meanwhile: ${both.join(", ")}. What you typed is kept; save again to replace theirs.`;
      return form.setError("root.server", { message });
    }
    try {
      await update.mutateAsync({ slug: dataset.slug, ...values, expectedUpdatedAt: dataset.updatedAt });
      form.reset(values);
      await queryClient.invalidateQueries({ queryKey: trpc.datasets.pathKey() });
      toast.success("Saved");
    } catch (error) {
      return applyServerError(error, form.setError, FIELDS);
    }
  });
  return (
    <Section title="Details">
      <Form label="Dataset details" onSubmit={(event) => void submit(event)}>
        <FormErrorSummary control={form.control} labels={LABELS} />
        <TextField control={form.control} name="name" label="Name" />
        <TextareaField control={form.control} name="description" label="Description" optional rows={3} />
        <SelectField
          control={form.control}
          name="classification"
          label="Classification"
          options={CLASSIFICATION_OPTIONS}
        />
        <SelectField control={form.control} name="ownerId" label="Owner" options={options} />
        <SubmitBar submitLabel="Save" pending={update.isPending} blocked={blocked} />
      </Form>
    </Section>
  );
}

function Archive({ dataset, blocked }: { dataset: Dataset; blocked: string | undefined }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: trpc.datasets.pathKey() });
  const archive = useMutation(
    trpc.datasets.archive.mutationOptions({ onSuccess: refresh, meta: { handlesError: true } }),
  );
  const restore = useMutation(trpc.datasets.restore.mutationOptions({ onSuccess: refresh }));
  if (dataset.archivedAt) {
    return (
      <Section
        title="Archived"
        description="New versions are refused; existing ones stay usable and can be had."
      >
        <DisabledReason reason={blocked}>
          <Button
            className="self-start"
            pending={restore.isPending}
            onClick={() => restore.mutate({ slug: dataset.slug })}
          >
            Restore
          </Button>
        </DisabledReason>
      </Section>
    );
  }
  return (
    <Section
      title="Archive"
      description="Takes the dataset off the list. Its versions stay, since jobs and models refer to them."
    >
      {blocked ? (
        <DisabledReason reason={blocked}>
          <Button className="self-start">Archive</Button>
        </DisabledReason>
      ) : (
        <ConfirmDialog
          trigger={<Button className="self-start">Archive</Button>}
          title={`Archive ${dataset.name}?`}
          consequence="New versions are refused until it is restored. Nothing is deleted."
          confirmLabel="Archive"
          tone="primary"
          onConfirm={() => archive.mutateAsync({ slug: dataset.slug })}
        />
      )}
    </Section>
  );
}

/** Name, description, classification, owner; archive. */
export function SettingsPanel({ dataset }: { dataset: Dataset }) {
  const { reason } = useCan("datasets.dataset.write");
  return (
    <div className="flex flex-col gap-8">
      <Details dataset={dataset} blocked={reason} />
      <Archive dataset={dataset} blocked={reason} />
    </div>
  );
}
