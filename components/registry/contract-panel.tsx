"use client";
import dynamic from "next/dynamic";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { DigestChip } from "@/components/common/digest-chip";
import { DisabledReason } from "@/components/common/disabled-reason";
import { formatBytes, formatMilli } from "@/components/common/format";
import { KeyValue } from "@/components/common/key-value";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { useCan } from "@/components/kit/use-can";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import type { VersionDetail } from "./types";

const ContractEditor = dynamic(() => import("./contract-editor").then((module) => module.ContractEditor), {
  ssr: false,
});

type Line = NonNullable<VersionDetail["contract"]["check"]>["lines"][number];

const LINE: Record<Line["verdict"], { status: string; label: string }> = {
  match: { status: "pass", label: "Agrees" },
  mismatch: { status: "fail", label: "Differs" },
  missing: { status: "fail", label: "Not in the file" },
  undeclared: { status: "fail", label: "Not declared" },
};

function CheckTable({ lines }: { lines: readonly Line[] }) {
  return (
    <Table label="Contract against the model file">
      <TableCaption>Contract against the signature of the model file, line by line</TableCaption>
      <TableHeader>
        <TableRow>
          <TableHead>Tensor</TableHead>
          <TableHead>Declared</TableHead>
          <TableHead>In the model file</TableHead>
          <TableHead>Check</TableHead>
        </TableRow>
      </TableHeader>
      <TableBody>
        {lines.map((line) => (
          <TableRow key={`${line.side} ${line.name}`}>
            <TableCell>
              <span className="text-fg-subtle">{line.side}</span>{" "}
              <span className="font-mono">{line.name}</span>
            </TableCell>
            <TableCell className="font-mono text-sm">{line.declared ?? "–"}</TableCell>
            <TableCell className="font-mono text-sm">{line.actual ?? "–"}</TableCell>
            <TableCell className="whitespace-normal">
              <StatusBadge {...LINE[line.verdict]} />
              {line.verdict === "match" ? null : <p className="text-sm text-fg-muted">{line.text}</p>}
            </TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

function Facts({ version }: { version: VersionDetail }) {
  const { contract, digest } = version.contract;
  if (!contract) return null;
  const names = contract.inputs.flatMap((tensor) => tensor.featureNames ?? []);
  return (
    <KeyValue
      columns={2}
      className="border-t px-4 py-2"
      items={[
        { label: "Latency bound", value: `${contract.latencyBoundMs} ms` },
        { label: "CPU", value: formatMilli(contract.resources.cpuMilli, "cores") },
        { label: "Memory", value: formatBytes(contract.resources.memoryBytes) },
        {
          label: "Waiting requests",
          value: contract.batching
            ? `run together, up to ${contract.batching.maxRows} rows`
            : "run one by one",
        },
        { label: "Observed", value: contract.observability.join(", ") || "nothing" },
        { label: "Features", value: names.length > 0 ? names.join(", ") : "not named" },
        { label: "Digest", value: digest ? <DigestChip digest={digest} label="contract digest" /> : "–" },
      ]}
    />
  );
}

/** What the version promises, checked against its model file, and its editor. */
export function ContractPanel({ version }: { version: VersionDetail }) {
  const [editing, setEditing] = useState(false);
  const { allowed, reason } = useCan("registry.card.write");
  const { check, contract } = version.contract;
  const problems = Object.entries(check?.problems ?? {});
  return (
    <Section
      id="contract"
      title="Contract"
      description="Inputs, outputs, resources and latency that callers may count on."
      actions={
        <DisabledReason reason={allowed ? null : reason}>
          <Button size="sm" onClick={() => setEditing(true)}>
            <Pencil aria-hidden /> {contract ? "Edit contract" : "Declare contract"}
          </Button>
        </DisabledReason>
      }
      frame="flush"
    >
      {contract ? null : (
        <Callout tone="warning" className="m-3" title="No contract is declared">
          {problems.length > 0 ? (
            <>
              <p>
                The contract that was logged cannot be used. Correct these fields, here or in what is logged
                next time:
              </p>
              <ul className="list-disc pl-4">
                {problems.map(([field, text]) => (
                  <li key={field}>
                    <span className="font-mono">{field}</span> {text}
                  </li>
                ))}
              </ul>
            </>
          ) : (
            `Log modelworks/contract.json with the run, or declare it here: what the ${version.endpoint ? "endpoint" : "model file"} says of itself is filled in already.`
          )}
        </Callout>
      )}
      {contract && check && !check.signatureKnown ? (
        <Callout tone="warning" className="m-3" title="The model file has no signature that can be read">
          The contract cannot be checked, so its gate does not pass.
        </Callout>
      ) : null}
      {check && check.lines.length > 0 ? <CheckTable lines={check.lines} /> : null}
      <Facts version={version} />
      {editing ? <ContractEditor version={version} onClose={() => setEditing(false)} /> : null}
    </Section>
  );
}
