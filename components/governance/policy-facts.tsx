import { DigestChip } from "@/components/common/digest-chip";
import { KeyValue } from "@/components/common/key-value";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { Badge } from "@/components/ui/badge";
import type { PolicyDetail } from "@/server/governance/gates/policy-verbs";
import { FALL_OUT_WORDS, graceInWords } from "./policy-words";

function Grace({ policy }: { policy: PolicyDetail }) {
  return (
    <>
      {graceInWords(policy.grace)}
      {policy.inGrace ? (
        <>
          , ends <TimeAgo value={policy.graceUntil} />
        </>
      ) : null}
    </>
  );
}

/** Where a policy counts, how it treats what falls out, and its versions. */
export function PolicyFacts({ policy }: { policy: PolicyDetail }) {
  return (
    <Section title="Where it counts" frame="card">
      <KeyValue
        items={[
          { label: "Required in", value: policy.requiredIn.join(", ") || "no environment" },
          {
            label: "Grace",
            hint: "How long verdicts of the version before still count",
            value: <Grace policy={policy} />,
          },
          {
            label: "What falls out",
            value: (
              <>
                <Badge>{FALL_OUT_WORDS[policy.onFallOut].label}</Badge>{" "}
                <span className="text-sm text-fg-muted">{FALL_OUT_WORDS[policy.onFallOut].text}</span>
              </>
            ),
          },
          ...(policy.releaseSource
            ? [
                {
                  label: "Release",
                  value: "Your own document is in force; the editor offers the release's.",
                },
              ]
            : []),
          {
            label: "Attests as",
            value: <span className="font-mono text-sm break-all">{policy.predicate}</span>,
          },
          ...policy.versions.map((version) => ({
            label: `Version ${version.version}`,
            value: (
              <span className="flex flex-wrap items-center gap-2">
                <DigestChip digest={version.digest} label={`digest of version ${version.version}`} />
                {version.retiredAt ? (
                  <StatusBadge status="retired" />
                ) : (
                  <StatusBadge status="active" label="In force" />
                )}
              </span>
            ),
          })),
        ]}
      />
    </Section>
  );
}
