import { ShieldAlert } from "lucide-react";
import Link from "next/link";
import { StateFrame } from "@/components/common/state-frame";
import { buttonVariants } from "@/components/ui/button";

export const metadata = { title: "Not signed in" };

const REASONS: Record<string, { title: string; text: string }> = {
  email_not_verified: {
    title: "Your email address is not verified",
    text: "The identity provider has not confirmed your address. Verify it there, then sign in again.",
  },
  account_exists: {
    title: "This address has an account with a password",
    text: "Sign in with the password. To use single sign-on instead, ask a platform administrator.",
  },
  service_account: {
    title: "This address is the portal's own",
    text: "The operator's token acts under it, so nobody signs in with it. Use an address of your own.",
  },
  disabled: { title: "This account is disabled", text: "A platform administrator can enable it again." },
  bad_claims: {
    title: "The identity provider's answer cannot be used",
    text: "It names no subject or no usable address. Ask whoever runs single sign-on to release the claims email and email_verified.",
  },
};
const OTHER = {
  title: "You could not be signed in",
  text: "Single sign-on was cancelled or failed. Try again; if it stays, the portal's log says why.",
};

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function AuthErrorPage({ searchParams }: { searchParams: Search }) {
  const { error } = await searchParams;
  const { title, text } = (typeof error === "string" ? REASONS[error] : undefined) ?? OTHER;
  return (
    <StateFrame
      icon={ShieldAlert}
      title={title}
      text={text}
      actions={
        <Link href="/sign-in" className={buttonVariants({ variant: "primary" })}>
          Back to sign-in
        </Link>
      }
    />
  );
}
