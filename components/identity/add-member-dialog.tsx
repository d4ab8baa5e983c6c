"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { SelectField, TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { TEAM_ROLE_OPTIONS } from "./team-role-options";

export function AddMemberDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  teamId: string;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const add = useMutation(trpc.identity.addMember.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm({
    resolver: lazyResolver(async () =>
      (await import("@/server/identity/schemas")).AddMemberInput.omit({ teamId: true }),
    ),
    defaultValues: { email: "", role: "member" as const },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      await add.mutateAsync({ ...values, teamId: props.teamId });
      await queryClient.invalidateQueries({ queryKey: trpc.identity.members.queryKey() });
      form.reset();
      props.onOpenChange(false);
    } catch (error) {
      applyServerError(error, form.setError, ["email", "role"]);
    }
  });
  return (
    <FormDialog
      {...props}
      title="Add member"
      description="Someone who can sign in here already."
      submitLabel="Add member"
      pending={form.formState.isSubmitting}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={form.control} labels={{ email: "Email", role: "Role" }} />
      <TextField control={form.control} name="email" label="Email" type="email" autoComplete="off" />
      <SelectField control={form.control} name="role" label="Role" options={TEAM_ROLE_OPTIONS} />
    </FormDialog>
  );
}
