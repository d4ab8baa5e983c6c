"use client";
import { Progress } from "@/components/ui/progress";
import { amountInWords } from "@/server/compute/rules";

export interface QuotaLineView {
  resource: string;
  title: string;
  quota: number;
  used: number;
  free: number;
  capacity: number | null;
  capacityFree: number | null;
}

function toneOf(line: QuotaLineView) {
  if (line.used > line.quota) return "negative";
  return line.quota > 0 && line.used / line.quota >= 0.9 ? "warning" : "accent";
}

/** Used of quota, resource by resource, in units; over quota is said in words. */
export function QuotaBars({ lines }: { lines: readonly QuotaLineView[] }) {
  return (
    <ul className="grid gap-x-6 gap-y-4 sm:grid-cols-2 lg:grid-cols-3" aria-label="Quota by resource">
      {lines.map((line) => {
        const over = line.used > line.quota;
        return (
          <li key={line.resource} className="flex min-w-0 flex-col gap-1.5">
            <p className="flex flex-wrap items-baseline justify-between gap-x-2">
              <span className="font-medium first-letter:uppercase inline-block">{line.title}</span>
              <span data-numeric className="text-sm text-fg-muted">
                {amountInWords(line.resource, line.used)} of {amountInWords(line.resource, line.quota)}
              </span>
            </p>
            <Progress
              value={line.quota === 0 ? (line.used > 0 ? 1 : 0) : line.used / line.quota}
              tone={toneOf(line)}
              label={`${line.title}: ${amountInWords(line.resource, line.used)} of ${amountInWords(line.resource, line.quota)} used`}
            />
            <p className="text-sm text-fg-subtle">
              {over
                ? `${amountInWords(line.resource, line.used - line.quota)} over quota: running jobs go on, new ones wait`
                : `${amountInWords(line.resource, line.free)} free`}
              {line.capacity === null || line.capacityFree === null
                ? ""
                : line.capacity === 0
                  ? "; no machine has one"
                  : `; cluster has ${amountInWords(line.resource, line.capacityFree)} free of ${amountInWords(line.resource, line.capacity)}`}
            </p>
          </li>
        );
      })}
    </ul>
  );
}
