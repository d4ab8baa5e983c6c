import { firstCharacters } from "@/server/core/characters";

/** So many runs are compared, or drawn in one chart, at a time. */
export const MOST_COMPARED = 20;

export const TERMINAL_STATUSES = ["FINISHED", "FAILED", "KILLED"] as const;

export const isTerminal = (status: string): boolean =>
  (TERMINAL_STATUSES as readonly string[]).includes(status);

export const artifactRootOfRun = (run: { id: string; experimentId: number }): string =>
  `${run.experimentId}/${run.id}/artifacts`;

export const artifactRootOfModel = (model: { id: string; experimentId: number }): string =>
  `${model.experimentId}/models/${model.id}/artifacts`;

export interface ArtifactAddress {
  experimentId: number;
  /** Owner of the folder: a run or a logged model. */
  owner: { kind: "run" | "model"; id: string };
  root: string;
  /** Inside the root; empty for the root itself. */
  path: string;
}

const ROOT = /^(\d{1,15})\/(?:models\/(m-[0-9a-f]{32})|([a-zA-Z0-9][\w-]{0,255}))\/artifacts(?:\/(.*))?$/s;

/**
 * Whether a path inside an artifact folder is safe: relative, normalised, no control characters. Letters stay in the form in which they came,
 * composed or not: files that name each other, as those of a model do, name them so.
 */
export function isSafePath(path: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what we look for
  if (path === "" || path !== firstCharacters(path, 1000) || /[\u0000-\u001f\\]/u.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Reads an address under the artifact proxy; undefined when it is not one of ours or not safe. */
export function parseArtifactAddress(address: string): ArtifactAddress | undefined {
  const match = ROOT.exec(address.replace(/\/$/u, ""));
  if (!match) return undefined;
  const [, experiment, modelId, runId, path = ""] = match;
  if (path !== "" && !isSafePath(path)) return undefined;
  const owner = modelId ? { kind: "model" as const, id: modelId } : { kind: "run" as const, id: runId ?? "" };
  const root = modelId ? `${experiment}/models/${modelId}/artifacts` : `${experiment}/${runId}/artifacts`;
  return { experimentId: Number(experiment), owner, root, path };
}

export interface FolderEntry {
  path: string;
  isDir: boolean;
  sizeBytes: number | undefined;
}

/** Folders first, each by name. */
export const inFolderOrder = (entries: readonly FolderEntry[]): FolderEntry[] =>
  entries.toSorted((a, b) => Number(b.isDir) - Number(a.isDir) || a.path.localeCompare(b.path));

/** A logged value as it was meant: the store holds NaN as a flag and infinities as the largest double, as the protocol does. */
export function meantValue({ value, isNan }: { value: number; isNan: boolean }): number {
  if (isNan) return Number.NaN;
  if (Math.abs(value) === Number.MAX_VALUE) return value > 0 ? Infinity : -Infinity;
  return value;
}

export interface MetricPoint {
  step: number;
  timestampMs: number;
  /** null where the value is NaN or infinite: shown as a gap. */
  value: number | null;
}

/**
 * Largest-triangle-three-buckets (Steinarsson 2013): keeps the shape of a curve in at most `threshold` points; the first and last
 * points always stay. Gaps (null) count as 0 for the area only.
 */
export function downsample(points: readonly MetricPoint[], threshold: number): MetricPoint[] {
  if (points.length <= threshold || threshold < 3) return [...points];
  const size = (points.length - 2) / (threshold - 2);
  const first = points[0];
  const end = points.at(-1);
  if (!first || !end) return [...points];
  const kept: MetricPoint[] = [first];
  let previous = first;
  for (let bucket = 0; bucket < threshold - 2; bucket += 1) {
    const from = Math.floor(bucket * size) + 1;
    const to = Math.floor((bucket + 1) * size) + 1;
    const next = points.slice(to, Math.min(Math.floor((bucket + 2) * size) + 1, points.length));
    const averageX = next.reduce((sum, point) => sum + point.step, 0) / Math.max(next.length, 1);
    const averageY = next.reduce((sum, point) => sum + (point.value ?? 0), 0) / Math.max(next.length, 1);
    let best = points[from] ?? end;
    let bestArea = -1;
    for (const point of points.slice(from, to)) {
      const area = Math.abs(
        (previous.step - averageX) * ((point.value ?? 0) - (previous.value ?? 0)) -
          (previous.step - point.step) * (averageY - (previous.value ?? 0)),
      );
      if (area > bestArea) {
        bestArea = area;
        best = point;
      }
    }
    kept.push(best);
    previous = best;
  }
  kept.push(end);
  return kept;
}
