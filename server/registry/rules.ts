/** Pure decisions of the registry, shared with the domains above it. */

/** MLflow's description of a model, at the top of its folder. A version whose weights it is, is served by Python: MLflow loads it. */
export const MLMODEL = "MLmodel";

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

/** Aliases by which clients load what is in production; protected on governed models. Case does not matter: clients' stores differ in it. */
export const PRODUCTION_ALIASES = ["production", "prod", "live", "champion"] as const;

export const PROTECTION_MODES = ["default", "on", "off"] as const;

export interface Protection {
  mode: (typeof PROTECTION_MODES)[number];
  /** Protected besides those above. */
  aliases: string[];
  on: boolean;
  /** Why it is on or off, in words. */
  because: string;
}

/** The environment whose gates each of MLflow's stages stands for; the others stand for none. */
export const STAGE_ENVIRONMENT: Readonly<Record<string, string>> = {
  Staging: "staging",
  Production: "production",
};

export const environmentOfAlias = (alias: string): string =>
  alias.toLowerCase() === "staging" ? "staging" : "production";

export function isProtectedName(protection: Pick<Protection, "on" | "aliases">, alias: string): boolean {
  if (!protection.on) return false;
  const name = alias.toLowerCase();
  return [...PRODUCTION_ALIASES, ...protection.aliases].some((each) => each.toLowerCase() === name);
}
