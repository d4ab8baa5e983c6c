import { z } from "zod";
import { DigestChip } from "@/components/common/digest-chip";
import { formatDateTime, formatDuration, formatMetric, formatNumber } from "@/components/common/format";
import { JsonView } from "@/components/common/json-view";
import { StatusBadge } from "@/components/common/status-badge";

interface Outcome {
  row: number;
  value: string;
  isCorrect: boolean;
  absError: number | null;
  at: Date;
  by: string | null;
  before: readonly { value: string; at: Date; by: string | null }[];
}

/** What came true, row by row, and what had been told before it was corrected. */
export function Outcomes({
  prediction,
}: {
  prediction: { at: Date; rows: number; outcomes: readonly Outcome[] };
}) {
  return (
    <ul className="flex flex-col gap-2">
      {prediction.outcomes.map((each) => (
        <li key={each.row} className="flex flex-col gap-1">
          <span className="flex flex-wrap items-center gap-2">
            {prediction.rows > 1 ? <span className="text-sm text-fg-muted">Row {each.row}</span> : null}
            <StatusBadge
              status={each.isCorrect ? "pass" : "fail"}
              label={`${each.isCorrect ? "Right" : "Wrong"}: ${each.value}`}
            />
            <span className="text-sm text-fg-subtle">
              {each.absError === null ? "" : `off by ${formatMetric(each.absError, 4)}, `}
              {formatDuration(each.at.getTime() - prediction.at.getTime())} later
              {each.by ? `, from ${each.by}` : ""}
            </span>
          </span>
          {each.before.map((old) => (
            <span key={old.at.getTime()} className="text-sm text-fg-subtle">
              Corrected; before: {old.value}, {formatDateTime(old.at)}
              {old.by ? `, from ${old.by}` : ""}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

const Side = z.array(
  z.looseObject({
    name: z.string(),
    truncated: z
      .object({ count: z.number(), kept: z.number(), digest: z.string(), remark: z.string() })
      .optional(),
  }),
);

/** Says which tensors were too large to be kept whole. */
function Truncated({ side }: { side: unknown }) {
  const tensors = Side.safeParse(side).data ?? [];
  const cut = tensors.flatMap(({ name, truncated }) => (truncated ? [{ name, ...truncated }] : []));
  if (cut.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1 text-sm text-fg-muted">
      {cut.map((each) => (
        <li key={each.name}>
          <span className="font-mono">{each.name}</span>: {each.remark} It held {formatNumber(each.count, 0)}{" "}
          values; digest of all <DigestChip digest={each.digest} label={`digest of ${each.name}`} />
        </li>
      ))}
    </ul>
  );
}

/** What was asked, with what the request set of the model's own parameters, and what was answered. */
export function Exchange({
  prediction,
}: {
  prediction: { inputs: unknown; parameters: unknown; outputs: unknown };
}) {
  const { inputs, parameters, outputs } = prediction;
  return (
    <section aria-label="Inputs and outputs" className="flex flex-col gap-2">
      <h3 className="font-semibold">Inputs</h3>
      <Truncated side={inputs} />
      <JsonView value={inputs} label="Inputs" />
      {parameters === null ? null : (
        <>
          <h3 className="font-semibold">Parameters</h3>
          <JsonView value={parameters} label="Parameters" />
        </>
      )}
      <h3 className="font-semibold">Outputs</h3>
      <Truncated side={outputs} />
      <JsonView value={outputs} label="Outputs" />
    </section>
  );
}
