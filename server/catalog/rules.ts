import type { SearchHit } from "./schemas";

/** How well a hit fits: its id or name exactly, a beginning, a word's beginning, anywhere. Smaller is better. */
export function rankOf(hit: { id: string; label: string }, q: string): number {
  const [label, wanted] = [hit.label.toLowerCase(), q.toLowerCase()];
  if (hit.id.toLowerCase() === wanted || label === wanted) return 0;
  if (label.startsWith(wanted)) return 1;
  if (label.split(/[\s_\-./]+/).some((word) => word.startsWith(wanted))) return 2;
  return label.includes(wanted) ? 3 : 4;
}

/** Best first; equal ranks keep the order in which the newest came. */
export const ranked = (hits: readonly SearchHit[], q: string, limit: number): SearchHit[] =>
  hits
    .map((hit, index) => ({ hit, index, rank: rankOf(hit, q) }))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, limit)
    .map(({ hit }) => hit);
