import type { RunRow } from "./run-columns";

type Pick = (row: RunRow) => { key: string }[];

const countsOf = (rows: readonly RunRow[], pick: Pick) => {
  const counts = new Map<string, number>();
  for (const row of rows) for (const { key } of pick(row)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b)).map(([key]) => key);
};

/** The metrics of the runs, those that most runs have first. */
export const metricKeys = (rows: readonly RunRow[]): string[] => countsOf(rows, (row) => row.metrics);

/** The parameters of the runs: those in which the runs differ, and those that are the same in all, which explain nothing. */
export function paramKeys(rows: readonly RunRow[]): { varying: string[]; same: string[] } {
  const keys = countsOf(rows, (row) => row.params);
  const varies = (key: string) =>
    new Set(rows.map((row) => row.params.find((param) => param.key === key)?.value)).size > 1;
  return { varying: keys.filter(varies), same: keys.filter((key) => !varies(key)) };
}
