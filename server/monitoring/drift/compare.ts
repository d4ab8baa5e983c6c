import type { Ctx } from "@/server/core/context";
import type { Effective, FeatureSamples } from "../stats";
import { SMALL_REFERENCE_ROWS } from "./looks";
import { trainingDataOf } from "./reference";
import { columnsOf, independentRows, type FeatureRow, type InputSpec } from "./rows";
import { againstCounts, againstRequests, type ColumnCounts } from "./samples";
import type { FeatureValue } from "./values";
import { firstRequests, type Requests } from "./window";

export interface ReferenceSide {
  kind: "training-data" | "first-requests";
  label: string;
  href: string | null;
  rows: number;
  isSmall: boolean;
  /** Features of the requests that the training data has no column of; compared with the first requests. */
  unmatched: string[];
}

export interface Comparison {
  reference: ReferenceSide;
  samples: FeatureSamples[];
}

/** A column with as many different values says that rows repeat only when they are sent again. */
const DISTINCT_ROWS = 200;

const isFractional = (value: FeatureValue) => typeof value === "number" && !Number.isInteger(value);
const sendsFractions = (rows: readonly FeatureRow[]) =>
  rows.some((row) => [...row.values()].some(isFractional));

/** Independent values among those of `rows`; undefined where rows may well repeat by themselves, as two categories and an age do. */
const independentOf = (rows: readonly FeatureRow[], repeatsAreReplays: boolean): number | undefined =>
  repeatsAreReplays ? independentRows(rows) : undefined;

const sides = (reference: number | undefined, current: number | undefined): Effective => ({
  ...(reference === undefined ? {} : { reference }),
  ...(current === undefined ? {} : { current }),
});

function againstTraining(columns: ReadonlyMap<string, ColumnCounts>, requests: Requests) {
  const features = [...columnsOf(requests.rows)];
  const matched = features.flatMap(([name, values]) => {
    const column = columns.get(name);
    return column ? [{ column, values }] : [];
  });
  const isFine = matched.some(({ column }) => column.distinct >= DISTINCT_ROWS);
  const effective = sides(undefined, independentOf(requests.rows, isFine));
  return {
    samples: matched.flatMap(({ column, values }) => againstCounts(column, values, effective)),
    unmatched: features.map(([name]) => name).filter((name) => !columns.has(name)),
  };
}

/** Inputs named in `only` (all where it is left out), what was predicted and how surely, against the version's first requests. */
export function againstFirst(
  first: Requests,
  now: Requests,
  only: readonly string[] | undefined,
): FeatureSamples[] {
  const areReplays = sendsFractions(first.rows) && sendsFractions(now.rows);
  const effective = sides(independentOf(first.rows, areReplays), independentOf(now.rows, areReplays));
  const before = columnsOf(first.rows);
  const inputs = [...columnsOf(now.rows)]
    .filter(([name]) => only === undefined || only.includes(name))
    .flatMap(([name, values]) => againstRequests(name, before.get(name) ?? [], values, effective));
  const predicted =
    now.predicted.length > 0 ? againstRequests("Predictions", first.predicted, now.predicted, effective) : [];
  const scores =
    now.scores.length > 0 ? againstRequests("Confidence", first.scores, now.scores, effective) : [];
  return [...inputs, ...predicted, ...scores];
}

/** The requests against what their version learned from, column by column by name, and against the version's first requests. */
export async function compareRequests(
  ctx: Ctx,
  which: { deploymentId: string; versionId: string },
  now: Requests,
  specs: readonly InputSpec[],
): Promise<Comparison> {
  const training = await trainingDataOf(ctx, which.versionId);
  const first = await firstRequests(ctx, { ...which, before: now.from }, specs);
  const matched =
    training && againstTraining(new Map(training.columns.map((column) => [column.name, column])), now);
  if (training && matched && matched.samples.length > 0) {
    return {
      reference: {
        kind: "training-data",
        label: `the training data, ${training.label}`,
        href: training.href,
        rows: training.rows,
        isSmall: training.rows < SMALL_REFERENCE_ROWS,
        unmatched: matched.unmatched,
      },
      samples: [...matched.samples, ...againstFirst(first, now, matched.unmatched)],
    };
  }
  return {
    reference: {
      kind: "first-requests",
      label: training
        ? "the version's first requests, because no input has the name of a column of its training data"
        : "the version's first requests, because its training data is not known",
      href: null,
      rows: first.rows.length,
      isSmall: first.rows.length < SMALL_REFERENCE_ROWS,
      unmatched: [],
    },
    samples: againstFirst(first, now, undefined),
  };
}
