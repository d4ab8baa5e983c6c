import type { SQL } from "drizzle-orm";
import type { Ctx } from "@/server/core/context";
import type { LineageKind, ThingKind } from "@/server/plates/kinds";

/** What somebody looks for, ready for SQL: `any` and `begin` are patterns for `like`, `exact` the words themselves. */
export interface Sought {
  team: string;
  exact: string;
  any: string;
  begin: string;
}

export interface FoundRow extends Record<string, unknown> {
  id: string;
  label: string;
  detail: string | null;
  status: string | null;
  /** What the address needs beside the id, if anything. */
  parent: string | null;
  number: number | null;
  /** The id of the person whose it is; null for what is nobody's. */
  owner: string | null;
}

export interface Finder {
  /** Where its hits stand among equally good ones. */
  at: number;
  /** Only platform administrators find it. */
  platform?: true;
  /** A select of `FoundRow`'s columns in their order, without order or limit. */
  select: (sought: Sought) => SQL;
  /** The time that tells the newest. */
  newestBy: string;
  href: (row: FoundRow) => string;
}

export interface Name {
  label: string;
  /** Its page; null for what has none. */
  href: string | null;
  state: string | null;
}

/** Names of the caller's own things by id, in one statement; what is missing or another team's is left out. */
export type NameReader = (ctx: Ctx, ids: readonly string[]) => Promise<(readonly [string, Name])[]>;

const finders = new Map<ThingKind, Finder>();
const readers = new Map<LineageKind, NameReader>();

/** Makes a kind of thing findable; said in its room's `finders.ts`. */
export const findable = (kind: ThingKind, finder: Finder): void => void finders.set(kind, finder);
/** Says what things at the ends of lineage edges are called; said in their room's `finders.ts`. */
export const namedBy = (kind: LineageKind, reader: NameReader): void => void readers.set(kind, reader);

export const allFinders = (): readonly (readonly [ThingKind, Finder])[] =>
  [...finders].toSorted(([, a], [, b]) => a.at - b.at);
export const nameReaders = (): ReadonlyMap<string, NameReader> => readers;
