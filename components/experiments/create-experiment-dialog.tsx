"use client";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { FormDialog } from "@/components/form/form-dialog";
import { FieldFrame } from "@/components/form/field";
import { useTRPC } from "@/components/kit/trpc";
import { Input } from "@/components/ui/input";
import { experimentHref } from "@/server/experiments/kinds";

/** Names an experiment; clients also make one when they first log to it. */
export function CreateExperimentDialog(props: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [name, setName] = useState("");
  const create = useMutation(
    trpc.experiments.create.mutationOptions({
      meta: { handlesError: true },
      onSuccess: (row) => router.push(experimentHref(row.id)),
    }),
  );
  return (
    <FormDialog
      {...props}
      title="New experiment"
      description="Groups the runs of one question. Clients also make one when they first log to it."
      submitLabel="Create experiment"
      pending={create.isPending}
      disabled={name.trim() === ""}
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate({ name });
      }}
    >
      <FieldFrame label="Name">
        {(ids) => (
          <Input {...ids} value={name} maxLength={500} onChange={(event) => setName(event.target.value)} />
        )}
      </FieldFrame>
      {create.error ? <ErrorNotice error={create.error} /> : null}
    </FormDialog>
  );
}
