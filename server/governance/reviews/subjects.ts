import type { Ctx } from "@/server/core/context";
import { AppError } from "@/server/core/errors";

/** One line of a diff or of a list of facts, ready to show. */
export interface DiffRow {
  /** Heading it stands under: Contract, Card, Metrics, Datasets, … */
  group: string;
  label: string;
  before: string | null;
  after: string | null;
  /** What the words stand for where that is a digest: for whoever wants to compare by machine. */
  digests?: { before: string | null; after: string | null };
}

export interface AffectedDeployment {
  name: string;
  environment: string;
  href: string;
  /** What approval means for it: "serves 40 % of requests with version 3". */
  effect: string;
}

export interface Blocker {
  what: string;
  /** The person or action that clears it. */
  clearedBy: string;
  href?: string;
}

export interface SubjectDescription {
  /** Such as `churn v4`. */
  name: string;
  href: string;
  /** The approved version that the diff compares with; null when nothing was approved before. */
  comparedWith: { name: string; href: string } | null;
  diff: DiffRow[];
  affectedDeployments: AffectedDeployment[];
  /** What else stands in the way, besides policies and the review itself. */
  blockers: Blocker[];
}

/** What a domain above supplies for a kind of subject that it owns, so that governance imports nothing upwards. */
export interface SubjectResolver {
  /** For the approval screen. Scoped to the caller's team; throws `not_found` like any read. */
  describe(ctx: Ctx, subjectId: string, environment: string): Promise<SubjectDescription>;
  /** The digests as they are now, read under a row lock of the subject (`for update` or `for share`). */
  currentDigests(ctx: Ctx, subjectId: string): Promise<Record<string, string>>;
}

const holder = globalThis as typeof globalThis & { modelworksSubjects?: Map<string, SubjectResolver> };
// One table for the process, although Next's bundles and our server load this module separately.
const resolvers = (holder.modelworksSubjects ??= new Map());

/** Called once, when the module of the owning domain is loaded. */
export function registerSubject(kind: string, resolver: SubjectResolver): void {
  resolvers.set(kind, resolver);
}

export const subjectResolver = (kind: string): SubjectResolver | undefined => resolvers.get(kind);

/** @throws AppError `unavailable` when no loaded domain owns the kind. */
export function requireResolver(kind: string): SubjectResolver {
  const resolver = resolvers.get(kind);
  if (resolver) return resolver;
  throw new AppError("unavailable", `Nothing here can tell the state of a ${kind}.`, {
    hint: "Try again when the portal has started completely.",
  });
}
