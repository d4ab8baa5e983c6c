"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { StatusBadge } from "@/components/common/status-badge";
import type { VerdictView } from "@/server/governance/gates/queries";
import { verdictWord } from "@/server/governance/gates/rules";
import { attestationHref, policyHref } from "@/server/governance/kinds";

const link = "inline-flex min-h-6 items-center text-accent-text hover:underline";

/** With its colouring: fetched when someone unfolds the evidence. */
const JsonView = dynamic(() => import("@/components/common/json-view").then((module) => module.JsonView), {
  ssr: false,
});

function Rules({ verdict }: { verdict: VerdictView }) {
  return (
    <ul className="flex flex-col gap-1.5">
      {verdict.rules.map((rule) => (
        <li key={rule.id} className="flex flex-col gap-0.5">
          <span className="flex flex-wrap items-center gap-2">
            <StatusBadge status={rule.outcome} label={verdictWord(rule.outcome)} />
            <span>{rule.title}</span>
          </span>
          {rule.message === rule.title ? null : <span className="text-sm text-fg-muted">{rule.message}</span>}
          {Object.keys(rule.values).length > 0 ? (
            <span className="font-mono text-xs break-all text-fg-muted">
              {Object.entries(rule.values)
                .map(([name, value]) => `${name} = ${value}`)
                .join(", ")}
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function Evidence({ verdict }: { verdict: VerdictView }) {
  const [seen, setSeen] = useState(false);
  return (
    <details
      className="min-w-0 max-w-full open:w-full"
      onToggle={(event) => setSeen(seen || event.currentTarget.open)}
    >
      <summary className="min-h-6 cursor-pointer text-accent-text">Evidence</summary>
      <div className="flex flex-col gap-3 py-2">
        <Rules verdict={verdict} />
        {seen ? <JsonView value={verdict.evidence} /> : null}
      </div>
    </details>
  );
}

/** Every policy with its verdict in words, why, the evidence it judged, and its attestation. */
export function GateVerdicts({
  verdicts,
  required,
}: {
  verdicts: readonly VerdictView[];
  /** Keys that the environment demands; others are marked as extra. */
  required?: readonly string[];
}) {
  return (
    <ul className="divide-y">
      {verdicts.map((verdict) => (
        <li key={verdict.policyKey} className="flex flex-col gap-1 px-3 py-1.5">
          <div className="flex items-start gap-2">
            <StatusBadge status={verdict.verdict} label={verdictWord(verdict.verdict)} />
            <span className="min-w-0 font-medium">{verdict.title}</span>
            {required && !required.includes(verdict.policyKey) ? (
              <span className="text-xs text-fg-subtle">not required here</span>
            ) : null}
          </div>
          <div className="flex flex-wrap items-baseline gap-x-3 text-sm">
            <span className="text-fg-muted">{verdict.message}</span>
            <Evidence verdict={verdict} />
            <Link className={link} href={policyHref(verdict.policyKey)}>
              Policy v{verdict.policyVersion}
            </Link>
            {verdict.attestationId ? (
              <Link className={link} href={attestationHref(verdict.attestationId)}>
                Attestation
              </Link>
            ) : null}
          </div>
        </li>
      ))}
    </ul>
  );
}
