/** Pure decisions of the registry, shared with the domains above it. */

export interface BoundParts {
  manifestDigest: string | null;
  contractDigest: string | null;
  cardDigest: string | null;
  gatesDigest: string | null;
}

/** What an approval of a version is bound to; a part that does not exist yet is left out. */
export function boundDigests(parts: BoundParts): Record<string, string> {
  const named = {
    manifest: parts.manifestDigest,
    contract: parts.contractDigest,
    card: parts.cardDigest,
    gates: parts.gatesDigest,
  };
  return Object.fromEntries(Object.entries(named).filter((entry): entry is [string, string] => !!entry[1]));
}
