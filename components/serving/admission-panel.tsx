import Link from "next/link";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { Callout } from "@/components/ui/callout";
import { policyHref } from "@/server/governance/kinds";

type Gap = { key: string; version: number; why: string; graceUntil: string };

/** What a new version of a policy will not admit any more when its grace is over. */
function Leaving({ leaving, environment }: { leaving: readonly Gap[]; environment: string }) {
  return (
    <Callout tone="warning" title={`Admitted to ${environment} for the time of grace only`}>
      <ul className="flex flex-col gap-1">
        {leaving.map((gap) => (
          <li key={gap.key} className="min-w-0 break-words">
            <Link
              href={`${policyHref(gap.key)}#affected`}
              className="inline-flex min-h-6 items-center text-accent-text hover:underline"
            >
              {gap.key} version {gap.version}
            </Link>{" "}
            does not pass it ({gap.why}). What the version before said counts until{" "}
            <TimeAgo value={new Date(gap.graceUntil)} />.
          </li>
        ))}
      </ul>
    </Callout>
  );
}

/** Whether the signed evidence is complete, and what is missing if not. */
export function AdmissionPanel({
  admission,
  environment,
  serves = false,
  stopped = false,
}: {
  admission: { admitted: boolean; missing: readonly string[]; leaving: readonly Gap[] };
  environment: string;
  /** It answers requests already; what began with complete evidence goes on serving. */
  serves?: boolean;
  /** A policy in force ended its serving. */
  stopped?: boolean;
}) {
  if (admission.admitted && admission.leaving.length > 0)
    return <Leaving leaving={admission.leaving} environment={environment} />;
  if (admission.admitted)
    return (
      <Callout tone="positive" title={`Admitted to ${environment}`}>
        Every required policy and review is signed for exactly these files. The gateway checks the same
        signatures again before it serves them.
      </Callout>
    );
  return (
    <Callout
      tone={stopped ? "negative" : "warning"}
      title={
        stopped
          ? `A policy stopped it in ${environment}`
          : serves
            ? `No longer admitted to ${environment}`
            : `Not admitted to ${environment}: ${admission.missing.length} missing`
      }
    >
      {stopped ? (
        <p className="mb-2">
          Gateways answer 503 for it, because a policy in force does not pass it and says stop. Put it right,
          roll back, or deploy another version.
        </p>
      ) : serves ? (
        <p className="mb-2">
          It was admitted when it began and goes on serving. Get it approved again, roll back, or deploy
          another version.
        </p>
      ) : null}
      <ul className="flex flex-col gap-1">
        {admission.missing.map((text) => (
          <li key={text} className="flex items-start gap-2">
            <StatusBadge status="missing" label="Missing" className="mt-0.5" />
            <span className="min-w-0 break-words">{text}</span>
          </li>
        ))}
      </ul>
    </Callout>
  );
}
