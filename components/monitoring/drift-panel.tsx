import Link from "next/link";
import { formatMetric, formatNumber } from "@/components/common/format";
import { Section } from "@/components/common/section";
import { Moment, TimeAgo } from "@/components/common/time-ago";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { DriftBadge } from "./figures";

interface Feature {
  feature: string;
  status: "drift" | "no-drift" | "not-enough-data";
  referenceCount: number;
  currentCount: number;
  currentEffective?: number | undefined;
  test: string;
  p: number | null;
  adjustedP: number | null;
  effect: number | null;
  effectThreshold: number;
  effectName: string;
}
export interface DriftReport {
  at: Date;
  verdict: string;
  reference: {
    label: string;
    href: string | null;
    rows: number;
    isSmall: boolean;
    unmatched: readonly string[];
    alpha: number;
    weeklyFalseAlarms: number | null;
    window: { from: string | null; to: string | null; requests: number };
  };
  features: readonly Feature[];
}

const TEST: Record<string, string> = {
  "kolmogorov-smirnov": "Kolmogorov-Smirnov",
  "chi-square": "Chi-square",
};

function wordsOf(row: Feature, alpha: number): string {
  const independent = row.currentEffective ?? row.currentCount;
  const repeats = independent < row.currentCount ? ` (${independent} without repeats)` : "";
  if (row.status === "not-enough-data") {
    return `Too few values: ${row.currentCount}${repeats} now, ${row.referenceCount} in the reference; each needs 50.`;
  }
  const size = `${row.effectName} ${formatMetric(row.effect, 3)}, counts from ${row.effectThreshold}`;
  const chance = (row.adjustedP ?? 1) <= alpha ? "beyond chance" : "within chance";
  return row.status === "drift"
    ? `Drifted: ${chance} and large (${size}).`
    : `${chance === "beyond chance" ? "A trifle: beyond chance but small" : "No drift: within chance"} (${size})${repeats}.`;
}

/** Per feature: test, sample sizes, statistic, p and the verdict in words; what it is compared with is said first. */
export function DriftPanel({ report }: { report: DriftReport | null }) {
  return (
    <Section
      id="drift"
      title="Drift"
      frame={report ? "flush" : "card"}
      actions={<DriftBadge verdict={report?.verdict ?? null} />}
      description={
        report ? (
          <>
            The newest {formatNumber(report.reference.window.requests, 0)} requests against{" "}
            {report.reference.href ? (
              <Link className="text-accent-text underline" href={report.reference.href}>
                {report.reference.label}
              </Link>
            ) : (
              report.reference.label
            )}{" "}
            ({formatNumber(report.reference.rows, 0)} rows), judged <TimeAgo value={report.at} />. A feature
            drifts only if the difference is large and beyond chance: p corrected over all features, at most{" "}
            {formatMetric(report.reference.alpha, 2)}
            {report.reference.weeklyFalseAlarms === null
              ? ""
              : `, so that of a hundred quiet weeks at most ${formatNumber(report.reference.weeklyFalseAlarms * 100, 0)} has a false alarm`}
            . It is judged once an hour, from the requests since.
            {report.reference.isSmall
              ? " The reference is small: only large differences can be told from chance."
              : ""}
            {report.reference.unmatched.length > 0
              ? ` The training data has no column called ${report.reference.unmatched.slice(0, 5).join(", ")}${report.reference.unmatched.length > 5 ? ", …" : ""}; what has none is compared with the version’s first requests, as are predictions and confidence.`
              : ""}
          </>
        ) : undefined
      }
    >
      {report ? (
        <Table label="Drift by feature">
          <TableCaption>
            Drift by feature, window from <Moment value={report.reference.window.from} /> to{" "}
            <Moment value={report.reference.window.to} />
          </TableCaption>
          <TableHeader>
            <TableRow>
              <TableHead>Feature</TableHead>
              <TableHead>Verdict</TableHead>
              <TableHead className="hidden md:table-cell">Test</TableHead>
              <TableHead className="hidden text-right md:table-cell">n reference</TableHead>
              <TableHead className="hidden text-right md:table-cell">n now</TableHead>
              <TableHead className="hidden text-right sm:table-cell">p corrected</TableHead>
              <TableHead className="hidden lg:table-cell">In words</TableHead>
            </TableRow>
          </TableHeader>
          <TableBody>
            {report.features.map((row) => (
              <TableRow key={row.feature}>
                <TableCell className="font-mono text-sm">{row.feature}</TableCell>
                <TableCell>
                  <DriftBadge verdict={row.status} />
                </TableCell>
                <TableCell className="hidden md:table-cell">{TEST[row.test] ?? row.test}</TableCell>
                <TableCell data-numeric className="hidden text-right md:table-cell">
                  {formatNumber(row.referenceCount, 0)}
                </TableCell>
                <TableCell data-numeric className="hidden text-right md:table-cell">
                  {formatNumber(row.currentCount, 0)}
                </TableCell>
                <TableCell data-numeric className="hidden text-right sm:table-cell">
                  {formatMetric(row.adjustedP, 2)}
                </TableCell>
                <TableCell className="hidden text-fg-muted lg:table-cell">
                  {wordsOf(row, report.reference.alpha)}
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      ) : (
        <p className="text-fg-muted">
          Not judged yet. The first look comes at 300 requests, or an hour after the first when there are at
          least 50; then one an hour.
        </p>
      )}
    </Section>
  );
}
