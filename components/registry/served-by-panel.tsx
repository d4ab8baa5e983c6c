import { DigestChip } from "@/components/common/digest-chip";
import { KeyValue } from "@/components/common/key-value";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { Callout } from "@/components/ui/callout";
import { PROTOCOL_PARAMETERS } from "@/server/serving/rules";
import type { VersionDetail } from "./types";

type ServedBy = VersionDetail["servedBy"];

const TRIAL: Record<NonNullable<ServedBy["trial"]>["state"], { status: string; label: string }> = {
  answered: { status: "pass", label: "Answers" },
  refused: { status: "fail", label: "Does not answer" },
  not_served: { status: "fail", label: "Not served" },
  awaits_review: { status: "waiting", label: "Waits for a review of its code" },
  no_environment: { status: "fail", label: "No environment" },
};

const WHAT = {
  onnx: "ONNX Runtime loads the ONNX file. No code of the model is run.",
  python:
    "MLflow loads the model in a Python process of its own, with the packages that it was logged with, isolated as jobs are.",
};

/** A model that brings code: what running it means, and who has said yes. */
function OwnCode({ servedBy }: { servedBy: ServedBy }) {
  if (servedBy.ownCode.length === 0) return null;
  const waits = servedBy.trial?.state === "awaits_review";
  return (
    <Callout
      tone="warning"
      title={waits ? "It runs its own code, and nobody has admitted that yet" : "It runs its own code"}
    >
      <p>
        The scan cannot tell what this code does. It sees its own files and its packages only, with the
        memory, time and users of a job; what it answers is its own affair.
        {waits
          ? " Nothing of it is run before a reviewer who did not make it approves a trial: request a review."
          : ""}
      </p>
      <ul className="list-disc pl-4">
        {servedBy.ownCode.map((each) => (
          <li key={each} className="break-words">
            {each}
          </li>
        ))}
      </ul>
    </Callout>
  );
}

function Packages({ packages }: { packages: ServedBy["packages"] }) {
  return (
    <details>
      <summary className="min-h-6 cursor-pointer text-sm text-fg-muted">
        All {packages.length} packages
      </summary>
      <ul className="mt-2 grid gap-x-4 font-mono text-sm sm:grid-cols-2 lg:grid-cols-3">
        {packages.map((each) => (
          <li key={`${each.name} ${each.version}`} className="break-words">
            {each.name} {each.version}
          </li>
        ))}
      </ul>
    </details>
  );
}

type Signature = VersionDetail["contract"]["signature"];

/** What a request may set and leave out, beyond the tensors of the contract. */
function choicesOf(signature: Signature) {
  const parameters = signature?.parameters ?? [];
  const optional = signature?.inputs.filter((input) => input.optional === true) ?? [];
  return [
    ...(parameters.length > 0
      ? [
          {
            label: "Parameters",
            value: (
              <ul>
                {parameters.map((each) => (
                  <li key={each.name} className="break-words">
                    <span className="font-mono">{each.name}</span>, {each.isList ? "list of " : ""}
                    {each.type}, <span className="font-mono">{each.default}</span>{" "}
                    {PROTOCOL_PARAMETERS.includes(each.name)
                      ? "always: in a request this name means something else"
                      : "where a request says nothing"}
                  </li>
                ))}
              </ul>
            ),
          },
        ]
      : []),
    ...(optional.length > 0
      ? [{ label: "May be left out", value: optional.map(({ name }) => name).join(", ") }]
      : []),
  ];
}

/** What a version must say of itself to be shown here. */
type Served = Pick<VersionDetail, "manifestDigest" | "servedBy"> & {
  contract: Pick<VersionDetail["contract"], "signature">;
};

/** What loads this version, with which packages, and what came of trying it. */
export function ServedByPanel({ version }: { version: Served }) {
  const { servedBy } = version;
  // What runs elsewhere has a panel of its own.
  if (version.manifestDigest === null || servedBy.runtime === "elsewhere") return null;
  if (servedBy.runtime === null)
    return (
      <Section id="served-by" title="How it is served">
        <Callout tone="warning" title="This version cannot be served">
          It holds neither an ONNX file nor an MLmodel with a python_function flavour, which MLflow writes for
          every model that it can load. Log the model with MLflow, or export it as ONNX, and register it.
        </Callout>
      </Section>
    );
  const { trial, lockDigest } = servedBy;
  return (
    <Section id="served-by" title="How it is served" description={WHAT[servedBy.runtime]}>
      <OwnCode servedBy={servedBy} />
      <KeyValue
        items={[
          { label: "Runs in", value: servedBy.words },
          ...(lockDigest
            ? [
                {
                  label: "Package lock",
                  value: <DigestChip digest={lockDigest} label="digest of the lock" />,
                },
              ]
            : []),
          ...choicesOf(version.contract.signature),
          {
            label: "Trial",
            value: trial ? (
              <>
                <StatusBadge {...TRIAL[trial.state]} />
                <p className="text-sm text-fg-muted">{trial.message}</p>
              </>
            ) : (
              "not tried yet"
            ),
          },
        ]}
      />
      {servedBy.packages.length > 0 ? <Packages packages={servedBy.packages} /> : null}
    </Section>
  );
}
