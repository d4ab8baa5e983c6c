import { SetupForm } from "@/components/identity/claim-form";
import { LinkEnded } from "@/components/identity/link-ended";
import { claimSetupAction } from "@/server/identity/actions";
import { linkState } from "@/server/identity/link-state";

export const metadata = { title: "Set up", referrer: "no-referrer" as const };

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function SetupPage({ searchParams }: { searchParams: Search }) {
  const { token } = await searchParams;
  if (typeof token !== "string" || !(await linkState(token, "setup"))) {
    return (
      <LinkEnded text="Start Modelworks again: while nobody administers it, each start prints a new setup link." />
    );
  }
  return (
    <>
      <div className="flex flex-col gap-1">
        <h1 className="text-2xl font-semibold">Set up Modelworks</h1>
        <p className="text-fg-muted">
          You become the platform administrator and the admin of the first team.
        </p>
      </div>
      <SetupForm token={token} claim={claimSetupAction} />
    </>
  );
}
