import { SearchX } from "lucide-react";
import Link from "next/link";
import { buttonVariants } from "@/components/ui/button";
import { StateFrame } from "./state-frame";

/** The same page for "does not exist" and "belongs to another team", so that neither tells on the other. */
export function NotFoundState({ what = "This page" }: { what?: string }) {
  return (
    <StateFrame
      icon={SearchX}
      title={`${what} was not found`}
      text="It may have been removed, renamed, or it belongs to a team you are not in. Check the address, switch team, or start from home."
      actions={
        <Link href="/" className={buttonVariants({ variant: "primary" })}>
          Go to home
        </Link>
      }
    />
  );
}
