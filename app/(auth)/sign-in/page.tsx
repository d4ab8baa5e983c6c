import { redirect } from "next/navigation";
import { FollowMlflowLink } from "@/components/experiments/follow-mlflow-link";
import { safeCallback } from "@/components/identity/safe-callback";
import { SignInForm } from "@/components/identity/sign-in-form";
import { pageActor } from "@/server/house/hydrate";
import { env } from "@/server/core/env";
import { demoChoices } from "@/server/identity/demo-accounts";

export const metadata = { title: "Sign in" };

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function SignInPage({ searchParams }: { searchParams: Search }) {
  const { callbackUrl: given, error } = await searchParams;
  const callbackUrl = typeof given === "string" ? given : null;
  const { oidc, portalUrl, demo } = env();
  if (await pageActor()) redirect(safeCallback(callbackUrl, new URL(portalUrl).origin));
  return (
    <>
      <FollowMlflowLink signIn />
      <div className="flex flex-col gap-1">
        <h1 className="text-2xl font-semibold">Sign in</h1>
        <p className="text-pretty text-fg-muted">
          From a dataset to governed production, provable at every step.
        </p>
      </div>
      <SignInForm
        callbackUrl={callbackUrl}
        error={typeof error === "string" ? error : null}
        hasOidc={oidc !== undefined}
        demo={demo ? demoChoices() : []}
      />
    </>
  );
}
