/**
 * The cursors of the pages that lead to the shown one, the shown one last. The address decides where one is: a filter, the order
 * or the browser's Back may have moved it since the last page was turned. A page that was never visited leads its own path.
 */
export function pathTo(
  cursor: string | null,
  visited: readonly (string | null)[],
): readonly (string | null)[] {
  if (cursor === null) return [null];
  const at = visited.lastIndexOf(cursor);
  return at === -1 ? [cursor] : visited.slice(0, at + 1);
}
