import { ArrowRight } from "lucide-react";
import Link from "next/link";
import { Callout } from "@/components/ui/callout";
import { TimeAgo } from "@/components/common/time-ago";
import { Section } from "@/components/common/section";
import type { Blocker, VersionDetail } from "./types";
import { policyHref } from "@/server/governance/kinds";

type Setback = VersionDetail["setbacks"][number];

/** It may go there again, but not as if nothing had happened. */
function RolledBack({ setback }: { setback: Setback }) {
  return (
    <Callout tone="negative" title={`Rolled back from ${setback.environment}`}>
      <p className="break-words">
        <Link href={setback.href} className="text-accent-text underline">
          {setback.deployment}
        </Link>{" "}
        went back to the version before <TimeAgo value={setback.at} />: {setback.reason}
      </p>
      <p>
        {setback.environment === "production"
          ? "Its approvals still stand. To deploy it there again, say why, or get a new review approved."
          : "Its approvals still stand."}
      </p>
    </Callout>
  );
}

function List({
  environment,
  blockers,
  leaving,
  setback,
}: {
  environment: string;
  blockers: readonly Blocker[];
  leaving: VersionDetail["leaving"]["staging"];
  setback: Setback | undefined;
}) {
  if (blockers.length === 0 && setback) return <RolledBack setback={setback} />;
  if (blockers.length === 0 && leaving.length > 0)
    return (
      <Callout tone="warning" title={`Nothing blocks ${environment} for the time of grace`}>
        <ul className="flex flex-col gap-1">
          {leaving.map((gap) => (
            <li key={gap.key} className="break-words">
              <Link
                href={policyHref(gap.key)}
                className="inline-flex min-h-6 items-center text-accent-text hover:underline"
              >
                {gap.key} version {gap.version}
              </Link>{" "}
              does not pass it ({gap.why}). It falls out <TimeAgo value={new Date(gap.graceUntil)} />.
            </li>
          ))}
        </ul>
      </Callout>
    );
  if (blockers.length === 0)
    return (
      <Callout tone="positive" title={`Nothing blocks ${environment}`}>
        The gateway admits this version there.
      </Callout>
    );
  return (
    <Callout
      tone="warning"
      title={`${blockers.length === 1 ? "One thing blocks" : `${blockers.length} things block`} ${environment}`}
    >
      <ul className="flex flex-col gap-2">
        {blockers.map((blocker) => (
          <li key={`${blocker.what} ${blocker.clearedBy}`}>
            <p className="break-words text-fg">{blocker.what}</p>
            {blocker.href ? (
              <Link
                href={blocker.href}
                className="inline-flex min-h-6 items-center gap-1 text-accent-text hover:underline"
              >
                <ArrowRight aria-hidden className="size-3.5" /> {blocker.clearedBy}
              </Link>
            ) : (
              <p>{blocker.clearedBy}</p>
            )}
          </li>
        ))}
      </ul>
    </Callout>
  );
}

/** What stands between the version and each environment, and who clears it. */
export function BlockersBox({
  version,
}: {
  version: Pick<VersionDetail, "blockers" | "leaving" | "setbacks">;
}) {
  const { blockers, leaving, setbacks } = version;
  const setbackIn = (environment: string) => setbacks.find((each) => each.environment === environment);
  return (
    <Section id="blockers" title="What blocks promotion">
      <div className="grid items-start gap-3 lg:grid-cols-2">
        <List
          environment="staging"
          blockers={blockers.staging}
          leaving={leaving.staging}
          setback={setbackIn("staging")}
        />
        <List
          environment="production"
          blockers={blockers.production}
          leaving={leaving.production}
          setback={setbackIn("production")}
        />
      </div>
    </Section>
  );
}
