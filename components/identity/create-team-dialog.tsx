"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useForm } from "react-hook-form";
import { TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { teamHref } from "@/server/identity/kinds";

export function CreateTeamDialog(props: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const create = useMutation(trpc.identity.createTeam.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm({
    resolver: lazyResolver(async () => (await import("@/server/identity/schemas")).CreateTeamInput),
    defaultValues: { name: "", slug: "" },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      const team = await create.mutateAsync(values);
      await queryClient.invalidateQueries({ queryKey: trpc.identity.teams.queryKey() });
      router.push(teamHref(team.id));
    } catch (error) {
      applyServerError(error, form.setError, ["name", "slug"]);
    }
  });
  return (
    <FormDialog
      {...props}
      title="New team"
      description="It starts with 4 CPU cores and 8 GiB of memory; more on request."
      submitLabel="Make team"
      pending={form.formState.isSubmitting}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={form.control} labels={{ name: "Name", slug: "Short name" }} />
      <TextField control={form.control} name="name" label="Name" autoComplete="off" />
      <TextField
        control={form.control}
        name="slug"
        label="Short name"
        mono
        autoComplete="off"
        spellCheck={false}
        hint="For addresses and scripts, such as risk-models. It stays."
      />
    </FormDialog>
  );
}
