import Link from "next/link";
import type { Control } from "react-hook-form";
import { TimeAgo } from "@/components/common/time-ago";
import { TextareaField } from "@/components/form/fields";
import { Callout } from "@/components/ui/callout";
import type { DeployValues } from "./plan-form";
import type { DeployPreview } from "./types";

/** What production sent back goes there again with a reason. */
export function AfterSetback({
  control,
  setback,
}: {
  control: Control<DeployValues>;
  setback: NonNullable<DeployPreview["setback"]>;
}) {
  return (
    <>
      <Callout tone="negative" title={`${setback.deployment} rolled this version back`}>
        <Link href={setback.href} className="text-accent-text underline">
          {setback.reason || "See how it ended"}
        </Link>{" "}
        <TimeAgo value={setback.at} />. A new review that is approved makes the reason needless.
      </Callout>
      <TextareaField
        control={control}
        name="reason"
        label="Why again"
        hint="What changed, or why it was not the version's fault. It stays in the audit log."
      />
    </>
  );
}
