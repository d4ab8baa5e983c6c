"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import type { z } from "zod";
import { CheckboxField } from "@/components/form/checkbox-field";
import { TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import type { CreatePersonInput } from "@/server/identity/schemas";

export function CreatePersonDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onMade: (made: { name: string; link: string }) => void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const create = useMutation(trpc.identity.createPerson.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm<z.input<typeof CreatePersonInput>, unknown, z.output<typeof CreatePersonInput>>({
    resolver: lazyResolver(async () => (await import("@/server/identity/schemas")).CreatePersonInput),
    defaultValues: { name: "", email: "", isPlatformAdmin: false },
  });
  const { control, formState } = form;
  const submit = form.handleSubmit(async (values) => {
    try {
      props.onMade(await create.mutateAsync(values));
      await queryClient.invalidateQueries({ queryKey: trpc.identity.people.queryKey() });
      form.reset();
      props.onOpenChange(false);
    } catch (error) {
      applyServerError(error, form.setError, ["name", "email"]);
    }
  });
  return (
    <FormDialog
      {...props}
      title="Add person"
      description="You get a link to send them; with it they choose a password. Add them to a team afterwards."
      submitLabel="Add person"
      pending={formState.isSubmitting}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={control} labels={{ name: "Name", email: "Email" }} />
      <TextField control={control} name="name" label="Name" autoComplete="off" />
      <TextField control={control} name="email" label="Email" type="email" autoComplete="off" />
      <CheckboxField
        control={control}
        name="isPlatformAdmin"
        label="Platform administrator"
        hint="Manages people, teams, quotas and background work."
      />
    </FormDialog>
  );
}
