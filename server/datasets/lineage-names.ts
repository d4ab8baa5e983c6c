import type { Ctx } from "@/server/core/context";
import { nameReaders, type Name } from "@/server/kit/finders";

/** What the neighbours of a version are called and where their pages are, one statement a kind; each room tells its own. */
export async function namesOfNeighbours(
  ctx: Ctx,
  neighbours: readonly { kind: string; id: string }[],
): Promise<Map<string, Name>> {
  const names = new Map<string, Name>();
  for (const [kind, read] of nameReaders()) {
    const ids = neighbours.filter((each) => each.kind === kind).map((each) => each.id);
    if (ids.length === 0) continue;
    for (const [id, name] of await read(ctx, ids)) names.set(id, name);
  }
  return names;
}
