import { LogOut } from "lucide-react";
import Link from "next/link";
import { StateFrame } from "@/components/common/state-frame";
import { SignOutButton } from "@/components/identity/sign-out-button";
import { buttonVariants } from "@/components/ui/button";
import { pageActor } from "@/server/house/hydrate";

export const metadata = { title: "Sign out" };

export default async function SignedOutPage() {
  if (await pageActor()) {
    return (
      <StateFrame
        icon={LogOut}
        title="Sign out of Modelworks?"
        text="Your work is saved."
        actions={<SignOutButton />}
      />
    );
  }
  return (
    <StateFrame
      icon={LogOut}
      title="You are signed out"
      text="Close the window if this computer is shared."
      actions={
        <Link href="/sign-in" className={buttonVariants({ variant: "primary" })}>
          Sign in again
        </Link>
      }
    />
  );
}
