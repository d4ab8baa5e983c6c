"use client";
import { useRouter } from "next/navigation";
import { useForm } from "react-hook-form";
import { TextField } from "@/components/form/fields";
import { Form, FormErrorSummary } from "@/components/form/form";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { Button } from "@/components/ui/button";
import type { ActionResult } from "@/server/kit/actions";
import { MIN_PASSWORD_LENGTH } from "@/server/auth/rules";
import { signInWithPassword } from "./auth-client";

type Claim = (input: unknown) => Promise<ActionResult<{ email: string }>>;

const passwordHint = `At least ${MIN_PASSWORD_LENGTH} characters; a few words are fine.`;

/** Signs in with what was just chosen; if that fails the sign-in page takes over. */
async function enter(email: string, password: string): Promise<void> {
  await signInWithPassword(email, password);
  window.location.assign("/");
}

export function SetupForm({ token, claim }: { token: string; claim: Claim }) {
  const form = useForm({
    resolver: lazyResolver(async () =>
      (await import("@/server/identity/schemas")).ClaimSetupInput.omit({ token: true }),
    ),
    defaultValues: { name: "", email: "", password: "", teamName: "" },
  });
  const submit = form.handleSubmit(async (values) => {
    const result = await claim({ ...values, token });
    if (result.ok) return enter(result.data.email, values.password);
    applyServerError(result.error, form.setError, ["name", "email", "password", "teamName"]);
  });
  const { control, formState } = form;
  const labels = { name: "Your name", email: "Email", password: "Password", teamName: "First team" };
  return (
    <Form label="Set up Modelworks" onSubmit={(event) => void submit(event)}>
      <FormErrorSummary control={control} labels={labels} />
      <TextField control={control} name="name" label="Your name" autoComplete="name" />
      <TextField control={control} name="email" label="Email" type="email" autoComplete="username" />
      <TextField
        control={control}
        name="password"
        label="Password"
        type="password"
        autoComplete="new-password"
        hint={passwordHint}
      />
      <TextField
        control={control}
        name="teamName"
        label="First team"
        hint="Who builds models together, such as Risk models."
      />
      <Button type="submit" variant="primary" size="lg" pending={formState.isSubmitting}>
        Create administrator and team
      </Button>
    </Form>
  );
}

export function ResetPasswordForm({ token, claim }: { token: string; claim: Claim }) {
  const router = useRouter();
  const form = useForm({
    resolver: lazyResolver(async () =>
      (await import("@/server/identity/schemas")).ClaimResetInput.omit({ token: true }),
    ),
    defaultValues: { password: "" },
  });
  const submit = form.handleSubmit(async (values) => {
    const result = await claim({ ...values, token });
    if (result.ok) return enter(result.data.email, values.password);
    applyServerError(result.error, form.setError, ["password"]);
  });
  return (
    <Form label="Choose a password" onSubmit={(event) => void submit(event)}>
      <FormErrorSummary control={form.control} labels={{ password: "New password" }} />
      <TextField
        control={form.control}
        name="password"
        label="New password"
        type="password"
        autoComplete="new-password"
        hint={passwordHint}
      />
      <Button type="submit" variant="primary" size="lg" pending={form.formState.isSubmitting}>
        Save and sign in
      </Button>
      <Button variant="ghost" onClick={() => router.push("/sign-in")}>
        Back to sign-in
      </Button>
    </Form>
  );
}
