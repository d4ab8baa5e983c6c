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
    window: { from: string | null; to: string | null; requests: number };
  };
  features: readonly Feature[];
}

const TEST: Record<string, string> = {
  "kolmogorov-smirnov": "Kolmogorov-Smirnov",
  "chi-square": "Chi-square",
};

function wordsOf(row: Feature): string {
  if (row.status === "not-enough-data") {
    return `Too few values: ${row.currentCount} now, ${row.referenceCount} in the reference; each needs 50.`;
  }
  const size = `${row.effectName} ${formatMetric(row.effect, 3)}, counts from ${row.effectThreshold}`;
  const chance = (row.adjustedP ?? 1) <= 0.05 ? "beyond chance" : "within chance";
  return row.status === "drift"
    ? `Drifted: ${chance} and large (${size}).`
    : `${chance === "beyond chance" ? "A trifle: beyond chance but small" : "No drift: within chance"} (${size}).`;
}

/** Per feature: test, sample sizes, statistic, p and the verdict in words; what it is compared with is said first. */
export function DriftPanel({ report }: { report: DriftReport | null }) {
  return (
    <Section
      id="drift"
      title="Drift of the inputs"
      frame={report ? "flush" : "card"}
      actions={<DriftBadge verdict={report?.verdict ?? null} />}
      description={
        report ? (
          <>
            The newest {formatNumber(report.reference.window.requests, 0)} requests against{" "}
            {report.reference.href ? (
              <Link className="text-accent-text hover:underline" href={report.reference.href}>
                {report.reference.label}
              </Link>
            ) : (
              report.reference.label
            )}{" "}
            ({formatNumber(report.reference.rows, 0)} rows), judged <TimeAgo value={report.at} />. A feature
            drifts only if the difference is beyond chance (p corrected over all features, at most 0.05) and
            large.
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
                <TableCell className="hidden text-fg-muted lg:table-cell">{wordsOf(row)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      ) : (
        <p className="text-fg-muted">
          Not judged yet. The first report comes within a minute of the first requests; below 50 values a
          feature gets no verdict.
        </p>
      )}
    </Section>
  );
}
