"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { useForm } from "react-hook-form";
import { toast } from "sonner";
import type { z } from "zod";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { DetailSkeleton } from "@/components/common/skeletons";
import { TextField } from "@/components/form/fields";
import { Form, FormErrorSummary, SubmitBar } from "@/components/form/form";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { setSingleKeysEnabled, useSingleKeysEnabled } from "@/components/shell/shortcuts";
import { useTRPC } from "@/components/trpc";
import { Label } from "@/components/ui/label";
import { NativeSelect } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";
import { useNow } from "@/components/common/use-now";
import type { ChangePasswordInput } from "@/server/identity/schemas";
import { useSession } from "./use-can";

/** Profile, password, appearance and keyboard of the signed-in person. */
export function ProfileSettings() {
  const session = useSession();
  if (session.error) return <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />;
  if (!session.data) return <DetailSkeleton />;
  const { me } = session.data;
  return (
    <>
      <PageHeader title="Settings" description={`Signed in as ${me.email}.`} />
      <div className="flex max-w-2xl flex-col gap-8">
        <Profile name={me.name} />
        {me.hasPassword ? (
          <PasswordChange email={me.email} />
        ) : (
          <Section
            title="Password"
            description="You sign in through single sign-on; change your password there."
          >
            {null}
          </Section>
        )}
        <Appearance />
      </div>
    </>
  );
}

function Profile({ name }: { name: string }) {
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

function PasswordChange({ email }: { email: string }) {
  const trpc = useTRPC();
  const change = useMutation(trpc.identity.changePassword.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm<z.input<typeof ChangePasswordInput>>({
    resolver: lazyResolver(async () => (await import("@/server/identity/schemas")).ChangePasswordInput),
    defaultValues: { currentPassword: "", newPassword: "" },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      await change.mutateAsync(values);
      const { signIn } = await import("next-auth/react");
      // Every session has ended, this one too; take up a new one with the new password.
      await signIn("credentials", { email, password: values.newPassword, redirect: false });
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

function Appearance() {
  const { theme, setTheme } = useTheme();
  const singleKeys = useSingleKeysEnabled();
  // The stored theme is known in the browser only; the server's first paint shows the default.
  const hydrated = useNow() !== 0;
  return (
    <Section title="Appearance and keyboard" description="Kept in this browser." frame="card">
      <div className="flex flex-col gap-4">
        <div className="flex flex-col gap-1">
          <Label htmlFor="theme">Theme</Label>
          <NativeSelect
            id="theme"
            className="max-w-60"
            value={hydrated ? (theme ?? "system") : "system"}
            onChange={(event) => setTheme(event.target.value)}
          >
            <option value="system">As the system</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </NativeSelect>
        </div>
        <div className="flex items-start gap-3">
          <Switch
            id="single-keys"
            checked={singleKeys}
            onCheckedChange={setSingleKeysEnabled}
            aria-describedby="single-keys-hint"
          />
          <div>
            <Label htmlFor="single-keys">Single-key shortcuts</Label>
            <p id="single-keys-hint" className="text-sm text-fg-subtle">
              Such as j and k in lists. Turn them off if you speak to your computer. Press ? for all
              shortcuts.
            </p>
          </div>
        </div>
      </div>
    </Section>
  );
}
