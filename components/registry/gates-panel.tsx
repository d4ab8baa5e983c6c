"use client";
import { RotateCcw } from "lucide-react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { toast } from "@/components/ui/toast";
import { DisabledReason } from "@/components/common/disabled-reason";
import { Section } from "@/components/common/section";
import { TimeAgo } from "@/components/common/time-ago";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import type { VersionDetail } from "./types";

function RunAgain({ version }: { version: VersionDetail }) {
  const trpc = useTRPC();
  const { allowed, reason } = useCan("governance.gate.run");
  const run = useMutation(
    trpc.registry.runGates.mutationOptions({ onSuccess: () => toast.success("The gates run again.") }),
  );
  const blocked = !allowed
    ? reason
    : version.state === "failed"
      ? "This version failed; register the model again."
      : null;
  return (
    <DisabledReason reason={blocked}>
      <Button
        size="sm"
        pending={run.isPending}
        onClick={() => run.mutate({ name: version.modelName, version: version.number })}
      >
        <RotateCcw aria-hidden /> Run gates again
      </Button>
    </DisabledReason>
  );
}

/** Each policy's verdict with its rules, evidence and signed attestation. */
export function GatesPanel({
  version,
  verdicts,
}: {
  version: VersionDetail;
  /** Governance's own drawing of verdicts, composed by the page. */
  verdicts: (gates: NonNullable<VersionDetail["gates"]>) => ReactNode;
}) {
  const { gates } = version;
  return (
    <Section
      id="gates"
      title="Gates"
      description={
        gates ? (
          <>
            Ran <TimeAgo value={gates.finishedAt ?? gates.createdAt} />: {gates.trigger}
          </>
        ) : undefined
      }
      actions={<RunAgain version={version} />}
      frame="flush"
    >
      {gates && gates.verdicts.length > 0 ? (
        verdicts(gates)
      ) : (
        <p className="px-4 py-3 text-fg-muted">{version.stateText || "The gates have not run yet."}</p>
      )}
    </Section>
  );
}
