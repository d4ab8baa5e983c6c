import { BadgeCheck, PenLine } from "lucide-react";
import { DigestChip } from "@/components/common/digest-chip";
import { formatDateTime, formatMetric, formatNumber, formatPercent } from "@/components/common/format";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { Badge } from "@/components/ui/badge";
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
import { measureInWords } from "@/server/governance/gates/rules";
import type { VersionDetail } from "./types";

type Evaluation = NonNullable<VersionDetail["evaluation"]>;
type Metric = Evaluation["metrics"][number];

/** Whether a number is ours or someone's word. */
function BasisBadge({ metric, ranBy }: { metric: Metric; ranBy: Evaluation["ranBy"] }) {
  if (metric.basis === "declared")
    return (
      <Badge tone="warning">
        <PenLine aria-hidden /> Declared
      </Badge>
    );
  return (
    <Badge tone={ranBy === "runner" ? "positive" : "info"}>
      <BadgeCheck aria-hidden />{" "}
      {ranBy === "runner" ? "Verified by our runner" : "Recomputed from predictions"}
    </Badge>
  );
}

const meets = (metric: Metric) =>
  metric.value !== null &&
  (metric.direction === "at_least" ? metric.value >= metric.threshold : metric.value <= metric.threshold);

function MetricRow({ metric, evaluation }: { metric: Metric; evaluation: Evaluation }) {
  const interval = metric.interval
    ? `${formatMetric(metric.interval.lower)} to ${formatMetric(metric.interval.upper)}`
    : "–";
  return (
    <TableRow>
      <TableCell className="font-medium">{metric.name}</TableCell>
      <TableCell className="text-right" data-numeric>
        {metric.value === null ? "not measured" : formatMetric(metric.value)}
      </TableCell>
      <TableCell className="text-right" data-numeric>
        {interval}
      </TableCell>
      <TableCell className="text-right" data-numeric>
        {metric.direction === "at_least" ? "≥" : "≤"} {formatMetric(metric.threshold)}
      </TableCell>
      <TableCell className="text-right" data-numeric>
        {formatNumber(metric.sampleSize)}
      </TableCell>
      <TableCell>
        <StatusBadge
          status={meets(metric) ? "pass" : "fail"}
          label={meets(metric) ? "Meets it" : "Falls short"}
        />
      </TableCell>
      <TableCell>
        <BasisBadge metric={metric} ranBy={evaluation.ranBy} />
      </TableCell>
    </TableRow>
  );
}

function Metrics({ evaluation }: { evaluation: Evaluation }) {
  return (
    <>
      <Table label="Metrics against thresholds">
        <TableCaption>Metrics against thresholds, with 95% Wilson intervals</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead>Metric</TableHead>
            <TableHead className="text-right">Value</TableHead>
            <TableHead className="text-right">95% interval</TableHead>
            <TableHead className="text-right">Threshold</TableHead>
            <TableHead className="text-right">Rows</TableHead>
            <TableHead>Result</TableHead>
            <TableHead>Basis</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {evaluation.metrics.map((metric) => (
            <MetricRow key={metric.name} metric={metric} evaluation={evaluation} />
          ))}
        </TableBody>
      </Table>
      <p className="flex flex-wrap items-center gap-x-2 border-t px-4 py-2 text-sm text-fg-muted">
        {evaluation.thresholdsFixedAt
          ? `Thresholds fixed ${formatDateTime(evaluation.thresholdsFixedAt, "UTC")} UTC by the ${evaluation.fixedBy ?? "run"}; results since ${formatDateTime(evaluation.runStartedAt, "UTC")} UTC. `
          : "No threshold was fixed before the run. "}{" "}
        <span className="inline-flex items-center gap-1">
          Measured on <DigestChip digest={evaluation.datasetDigest} label="dataset digest" />
        </span>
      </p>
    </>
  );
}

type Fairness = NonNullable<VersionDetail["fairness"]>;

function FairnessTables({ fairness, gate }: { fairness: Fairness; gate: string | undefined }) {
  return (
    <>
      <Table label="Fairness checks">
        <TableCaption>Fairness checks computed from the predictions</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead>Check</TableHead>
            <TableHead className="text-right">Difference</TableHead>
            <TableHead className="text-right">Limit</TableHead>
            <TableHead>Result</TableHead>
            <TableHead>Why</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {fairness.checks.map((check) => (
            <TableRow key={check.metric}>
              <TableCell className="font-medium">{check.metric.replaceAll("_", " ")}</TableCell>
              <TableCell className="text-right" data-numeric>
                {check.value === null ? "undefined" : formatMetric(check.value)}
              </TableCell>
              <TableCell className="text-right" data-numeric>
                {formatMetric(check.threshold)}
              </TableCell>
              <TableCell>
                <StatusBadge {...measureInWords(check.verdict, gate)} />
              </TableCell>
              <TableCell className="min-w-48 whitespace-normal text-fg-muted">{check.reason}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      <p className="border-t px-4 py-2 text-sm text-fg-muted">
        {fairness.groups
          .map(
            (group) =>
              `${group.group}: ${formatPercent(group.rates.selection?.value ?? null)} of ${formatNumber(group.n)} selected`,
          )
          .join(" · ")}
      </p>
    </>
  );
}

/** Measured quality and fairness, each number with its basis; what is missing says why. */
export function EvaluationPanel({ version }: { version: VersionDetail }) {
  const { evaluation, fairness, missing } = version;
  return (
    <Section
      id="evaluation"
      title="Evaluation"
      description="Computed by the portal from the run's predictions where it can be."
      frame="flush"
    >
      {evaluation && evaluation.metrics.length > 0 ? (
        <Metrics evaluation={evaluation} />
      ) : (
        <Callout tone="warning" className="m-3" title="No metric was measured against a threshold">
          {missing.evaluation ?? "The job or run names no threshold. Fix one before the next run."}
        </Callout>
      )}
      {fairness ? (
        <div className="border-t">
          <FairnessTables
            fairness={fairness}
            gate={version.gates?.verdicts.find((each) => each.policyKey === "fairness")?.verdict}
          />
        </div>
      ) : (
        <Callout tone="warning" className="m-3" title="Groups were not compared">
          {missing.fairness ?? "The evidence is collected when the source run has ended."}
        </Callout>
      )}
    </Section>
  );
}
