import { formatMetric, formatNumber } from "@/components/common/format";

type Bin = { from: number; to: number; count: number };

/** A word-sized histogram; heights are shares of the largest bin. */
export function MiniHistogram({
  bins,
  label,
  temporal,
}: {
  bins: readonly Bin[];
  label: string;
  temporal: boolean;
}) {
  const first = bins[0];
  const last = bins.at(-1);
  if (!first || !last) return <span className="text-sm text-fg-subtle">No values</span>;
  const peak = Math.max(...bins.map((bin) => bin.count), 1);
  const show = (value: number) =>
    temporal ? new Date(value * 1000).toISOString().slice(0, 10) : formatMetric(value);
  const width = 120 / bins.length;
  return (
    <svg
      data-mark
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an inline svg is an image only by role
      role="img"
      aria-label={`Distribution of ${label} from ${show(first.from)} to ${show(last.to)}, at most ${formatNumber(peak)} in a bin`}
      viewBox="0 0 120 32"
      className="h-8 w-30 shrink-0"
    >
      {bins.map((bin, at) => {
        const height = bin.count === 0 ? 0 : Math.max(1, (bin.count / peak) * 30);
        return (
          <rect
            key={bin.from}
            x={at * width + 0.5}
            y={31 - height}
            width={Math.max(width - 1, 1)}
            height={height}
            fill="var(--chart-1)"
          >
            <title>{`${show(bin.from)} to ${show(bin.to)}: ${formatNumber(bin.count)}`}</title>
          </rect>
        );
      })}
      <line x1="0" x2="120" y1="31.5" y2="31.5" stroke="var(--border-strong)" strokeWidth="1" />
    </svg>
  );
}
