"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useForm } from "react-hook-form";
import type { z } from "zod";
import { Section } from "@/components/common/section";
import { toast } from "@/components/ui/toast";
import { TextField } from "@/components/form/fields";
import { Form, FormErrorSummary, SubmitBar } from "@/components/form/form";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import type { ChangePasswordInput } from "@/server/identity/schemas";
import { goOn, onOwnWish } from "@/components/kit/access-loss";
import { signInWithPassword } from "./auth-client";

/** The name that others see. */
export function Profile({ name }: { name: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const update = useMutation(trpc.identity.updateProfile.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm({
    resolver: lazyResolver(async () => (await import("@/server/identity/schemas")).UpdateProfileInput),
    defaultValues: { name },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      await update.mutateAsync(values);
      await queryClient.invalidateQueries({ queryKey: trpc.identity.session.queryKey() });
      router.refresh();
      toast.success("Profile saved");
    } catch (error) {
      applyServerError(error, form.setError, ["name"]);
    }
  });
  return (
    <Section title="Profile" frame="card">
      <Form label="Profile" onSubmit={(event) => void submit(event)}>
        <FormErrorSummary control={form.control} labels={{ name: "Name" }} />
        <TextField
          control={form.control}
          name="name"
          label="Name"
          autoComplete="name"
          hint="Shown on everything you do."
        />
        <SubmitBar submitLabel="Save profile" pending={form.formState.isSubmitting} />
      </Form>
    </Section>
  );
}

/** A new password; the session goes on with it. */
export function PasswordChange({ email }: { email: string }) {
  const trpc = useTRPC();
  const change = useMutation(trpc.identity.changePassword.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm<z.input<typeof ChangePasswordInput>>({
    resolver: lazyResolver(async () => (await import("@/server/identity/schemas")).ChangePasswordInput),
    defaultValues: { currentPassword: "", newPassword: "" },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      // Every session has ended, this one too; take up a new one with the new password.
      await onOwnWish(async () => {
        await change.mutateAsync(values);
        await signInWithPassword(email, values.newPassword);
      });
      // Where that failed, the page asks for the new password.
      goOn();
      form.reset();
      toast.success("Password changed", { description: "Your other sessions have ended." });
    } catch (error) {
      applyServerError(error, form.setError, ["currentPassword", "newPassword"]);
    }
  });
  const labels = { currentPassword: "Current password", newPassword: "New password" };
  return (
    <Section title="Password" description="Changing it ends your sessions on other devices." frame="card">
      <Form label="Password" onSubmit={(event) => void submit(event)}>
        <input type="email" autoComplete="username" value={email} readOnly hidden />
        <FormErrorSummary control={form.control} labels={labels} />
        <TextField
          control={form.control}
          name="currentPassword"
          label="Current password"
          type="password"
          autoComplete="current-password"
        />
        <TextField
          control={form.control}
          name="newPassword"
          label="New password"
          type="password"
          autoComplete="new-password"
          hint="At least 12 characters."
        />
        <SubmitBar submitLabel="Change password" pending={form.formState.isSubmitting} />
      </Form>
    </Section>
  );
}
