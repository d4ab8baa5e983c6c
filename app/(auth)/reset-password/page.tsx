import { ResetPasswordForm } from "@/components/identity/claim-form";
import { LinkEnded } from "@/components/identity/link-ended";
import { claimResetAction } from "@/server/identity/actions";
import { linkState } from "@/server/identity/link-state";

export const metadata = { title: "Choose a password", referrer: "no-referrer" as const };

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function ResetPasswordPage({ searchParams }: { searchParams: Search }) {
  const { token } = await searchParams;
  if (typeof token !== "string" || !(await linkState(token, "reset:"))) {
    return <LinkEnded text="Ask a platform administrator for a new link: Admin, People, Reset password." />;
  }
  return (
    <>
      <div className="flex flex-col gap-1">
        <h1 className="text-2xl font-semibold">Choose a password</h1>
        <p className="text-fg-muted">It signs you in here and ends your sessions elsewhere.</p>
      </div>
      <ResetPasswordForm token={token} claim={claimResetAction} />
    </>
  );
}
