"use client";
import { type FormEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { signInWithOidc, signInWithPassword } from "./auth-client";
import { explainSignIn } from "./explain-sign-in";
import { safeCallback } from "./safe-callback";

export type DemoChoice = { email: string; name: string; title: string };

/** Email and password, single sign-on when there is one, and the demo's accounts to choose from. */
export function SignInForm(props: {
  callbackUrl: string | null;
  /** Why the sign-in that led back here failed, in the words of the sign-in library. */
  error: string | null;
  hasOidc: boolean;
  demo: readonly DemoChoice[];
}) {
  const [email, setEmail] = useState("");
  const [pending, setPending] = useState<"password" | "oidc" | null>(null);
  const [failure, setFailure] = useState(props.error ? explainSignIn(props.error) : undefined);
  const passwordInput = useRef<HTMLInputElement>(null);
  const target = () => safeCallback(props.callbackUrl, window.location.origin);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // Read from the form: a password manager may have filled it without telling React.
    const form = new FormData(event.currentTarget);
    setPending("password");
    setFailure(undefined);
    const error = await signInWithPassword(
      String(form.get("email") ?? ""),
      String(form.get("password") ?? ""),
    );
    if (!error) {
      window.location.assign(target());
      return;
    }
    setPending(null);
    setFailure(explainSignIn(error));
    passwordInput.current?.focus();
    passwordInput.current?.select();
  };
  const singleSignOn = () => {
    setPending("oidc");
    signInWithOidc(target()).catch(() => {
      setPending(null);
      setFailure(explainSignIn("unreachable"));
    });
  };
  return (
    <>
      {failure ? (
        <Callout tone="negative" role="alert" title={failure.title}>
          {failure.text}
        </Callout>
      ) : null}
      <form
        method="post"
        onSubmit={(event) => void submit(event)}
        className="flex flex-col gap-4"
        aria-label="Sign in"
      >
        <div className="flex flex-col gap-1">
          <Label htmlFor="email">Email</Label>
          <Input
            id="email"
            name="email"
            type="email"
            autoComplete="username"
            required
            spellCheck={false}
            className="h-10"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor="password">Password</Label>
          <Input
            ref={passwordInput}
            id="password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            className="h-10"
          />
        </div>
        <Button type="submit" variant="primary" size="lg" pending={pending === "password"}>
          Sign in
        </Button>
      </form>
      {props.hasOidc ? (
        <>
          <div className="flex items-center gap-3 text-sm text-fg-subtle" aria-hidden>
            <span className="h-px flex-1 bg-border" /> or <span className="h-px flex-1 bg-border" />
          </div>
          <Button size="lg" onClick={singleSignOn} pending={pending === "oidc"}>
            Continue with single sign-on
          </Button>
        </>
      ) : null}
      {props.demo.length > 0 ? (
        <DemoChoices
          demo={props.demo}
          onChoose={(chosen) => {
            setEmail(chosen);
            passwordInput.current?.focus();
          }}
        />
      ) : null}
    </>
  );
}

function DemoChoices({ demo, onChoose }: { demo: readonly DemoChoice[]; onChoose: (email: string) => void }) {
  return (
    <section aria-labelledby="demo-title" className="rounded-lg border bg-surface">
      <div className="border-b px-4 py-3">
        <h2 id="demo-title" className="font-medium">
          Demo accounts
        </h2>
        <p className="text-sm text-fg-muted">
          Choose one; the password is in the terminal that started Modelworks.
        </p>
      </div>
      <ul className="divide-y">
        {demo.map((account) => (
          <li key={account.email}>
            <button
              type="button"
              data-inset-focus
              onClick={() => onChoose(account.email)}
              className="flex w-full items-center justify-between gap-3 px-4 py-2.5 text-left hover:bg-surface-hover"
            >
              <span>{account.title}</span>
              <span className="truncate font-mono text-sm text-fg-subtle">{account.email}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
