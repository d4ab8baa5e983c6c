import { Link2Off } from "lucide-react";
import Link from "next/link";
import { StateFrame } from "@/components/common/state-frame";
import { buttonVariants } from "@/components/ui/button";

/** A one-time link that cannot be used, and how to get another. */
export function LinkEnded({ text }: { text: string }) {
  return (
    <StateFrame
      icon={Link2Off}
      title="This link has been used or has expired"
      text={text}
      actions={
        <Link href="/sign-in" className={buttonVariants()}>
          Go to sign-in
        </Link>
      }
    />
  );
}
