import { assessFairness, countGroups, type FairnessReport } from "@/server/governance/fairness";
import { isPositive, type PredictionRow } from "./evaluation";
import type { Sources } from "./sources";

const NOT_GROUPS = new Set(["", "row_id", "y_true", "y_pred", "score"]);
/** More values than this are a measurement, not groups. */
const MAX_GROUPS = 20;

/** Group columns: those the job or run named (`groups`) before it ran; else every other column of the predictions. */
function attributesOf(sources: Sources, columns: readonly string[]): string[] {
  const named =
    sources.job?.spec.params.groups ?? sources.run?.params.find((param) => param.key === "groups")?.value;
  const wanted = typeof named === "string" ? named.split(",").map((name) => name.trim()) : columns;
  return [...new Set(wanted)].filter((name) => !NOT_GROUPS.has(name));
}

const worst = (reports: readonly FairnessReport[]): FairnessReport["verdict"] =>
  reports.some((report) => report.verdict === "fail")
    ? "fail"
    : reports.every((report) => report.verdict === "pass")
      ? "pass"
      : "indeterminate";

/** The evidence for the policy `fairness`, computed from the predictions themselves; a run's own claim is never used. */
export function collectFairness(sources: Sources, rows: readonly PredictionRow[] | undefined) {
  if (!rows || rows.length === 0)
    return { missing: "There is no evaluation/predictions.csv to compare groups with." };
  const columns = Object.keys(rows[0]?.columns ?? {});
  const attributes = attributesOf(sources, columns);
  if (attributes.length === 0) return { missing: "No group column is named, so no groups can be compared." };
  const absent = attributes.find((name) => !columns.includes(name));
  if (absent !== undefined)
    return { missing: `evaluation/predictions.csv has no column for the group "${absent}".` };
  const reports: FairnessReport[] = [];
  for (const attribute of attributes) {
    const groups = countGroups(
      rows.map((row) => ({
        group: row.columns[attribute] || "(empty)",
        actual: isPositive(row.actual),
        predicted: isPositive(row.predicted),
      })),
    );
    if (groups.length > MAX_GROUPS)
      return {
        missing: `The column "${attribute}" has ${groups.length} values; groups need at most ${MAX_GROUPS}.`,
      };
    reports.push(assessFairness({ attribute, favourableOutcome: "1", groups }));
  }
  const label = (attribute: string, name: string) => `${name} by ${attribute}`;
  return {
    evidence: {
      verdict: worst(reports),
      n: rows.length,
      checks: reports.flatMap((report) =>
        report.checks.map((check) => ({
          ...check,
          metric: label(report.attribute, check.metric),
          attribute: report.attribute,
        })),
      ),
      groups: reports.flatMap((report) =>
        report.groups.map((group) => ({
          ...group,
          group: `${report.attribute} = ${group.group}`,
          attribute: report.attribute,
        })),
      ),
      reports,
    },
  };
}
