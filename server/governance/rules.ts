/** Pure decisions of governance, shared by server, browser and gateway. */

export const REVIEW_TABS = ["mine", "team", "due", "decided"] as const;
export type ReviewTab = (typeof REVIEW_TABS)[number];

export const POLICY_KEYS = [
  "contract",
  "provenance",
  "card-completeness",
  "file-scan",
  "evaluation",
  "fairness",
] as const;

export interface EnvironmentRequirements {
  environment: string;
  /** Policies that must have passed, or be in doubt and cleared by an approving review. */
  policies: readonly string[];
  /** Whether a person must approve even when every policy passed. */
  humanReview: boolean;
}

/** Where a model that brings code of its own runs first: apart, for a trial by the gates. People admit it there before any of it is run. */
export const TRIAL = "trial";

/** What a version must bring before it may answer requests in an environment. An unknown one demands everything. */
export function environmentRequirements(environment: string): EnvironmentRequirements {
  if (environment === TRIAL) return { environment, policies: ["file-scan"], humanReview: true };
  if (environment === "staging") {
    return { environment, policies: ["contract", "provenance", "file-scan"], humanReview: false };
  }
  return { environment, policies: POLICY_KEYS, humanReview: true };
}

/** The version of a policy that holds now, and how it treats what earlier versions of it passed. */
export interface PolicyInForce {
  key: string;
  version: number;
  /** `sha256:<hex>` of its document. */
  digest: string;
  sinceMs: number;
  /** Until then verdicts of an earlier version count as well. */
  graceUntilMs: number;
  onFallOut: "block-new" | "hold" | "stop";
}

/** How long a version that serves may stay unjudged by a policy that says `stop`, after its grace: the worker needs time to judge. */
export const UNJUDGED_MS = 15 * 60_000;

export type Verdict = "pass" | "fail" | "indeterminate" | "error";

/** The worst verdict of a gate run. Without any verdict nothing was proved, which is an error. */
export function combineVerdicts(verdicts: readonly string[]): Verdict {
  if (verdicts.length === 0) return "error";
  if (verdicts.includes("fail")) return "fail";
  if (verdicts.every((verdict) => verdict === "pass")) return "pass";
  if (verdicts.every((verdict) => verdict === "pass" || verdict === "indeterminate")) return "indeterminate";
  return "error";
}

/** Names of the digests that differ, those that appeared and those that went. */
export function changedDigests(
  bound: Readonly<Record<string, string>>,
  current: Readonly<Record<string, string>>,
): string[] {
  const names = [...new Set([...Object.keys(bound), ...Object.keys(current)])];
  return names.filter((name) => bound[name] !== current[name]).toSorted();
}

/** Of a subject's digests those that an approval for an environment is bound to: the files alone decide what a trial runs. */
export const bindingDigests = (
  environment: string,
  digests: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(digests).filter(([name]) => environment !== TRIAL || name === "manifest"),
  );

const DIGEST_WORDS: Record<string, string> = {
  manifest: "the model's files",
  contract: "the contract",
  card: "the model card",
  gates: "the checks",
};

/** "the contract and the model card changed". */
export function changeInWords(names: readonly string[]): string {
  const words = names.map((name) => DIGEST_WORDS[name] ?? name);
  if (words.length === 0) return "nothing changed";
  const last = words.at(-1) ?? "";
  return `${words.length === 1 ? last : `${words.slice(0, -1).join(", ")} and ${last}`} changed`;
}

export const REVIEW_DECISIONS = ["approve", "request_changes", "reject", "comment"] as const;
export type ReviewDecision = (typeof REVIEW_DECISIONS)[number];

export const REVIEW_STATES = [
  "open",
  "approved",
  "changes_requested",
  "rejected",
  "void",
  "withdrawn",
] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

/** The state a deciding decision leads to; a comment decides nothing. */
export const STATE_AFTER: Record<Exclude<ReviewDecision, "comment">, ReviewState> = {
  approve: "approved",
  request_changes: "changes_requested",
  reject: "rejected",
};

/** Adds working days (Monday to Friday, UTC). */
export function addWorkingDays(from: Date, days: number): Date {
  const date = new Date(from);
  for (let left = days; left > 0;) {
    date.setUTCDate(date.getUTCDate() + 1);
    const weekday = date.getUTCDay();
    if (weekday !== 0 && weekday !== 6) left -= 1;
  }
  return date;
}

export interface Decider {
  kind: string;
  userId: string;
  role: string | undefined;
  /** Of an API token. */
  scopes?: readonly string[] | undefined;
  /** Set when a job acts with its own token. */
  jobId?: string | undefined;
}

/** Why this kind of caller may never decide, in words: people decide, or a token to which one of them gave that right by name. */
function whyNotThisKind(decider: Decider): string | undefined {
  if (decider.kind === "user") return undefined;
  if (decider.kind !== "token" || decider.jobId) return "Only a person can decide a review; jobs cannot.";
  if (decider.scopes?.includes("review")) return undefined;
  return 'This token lacks the scope "review"; without it only a signed-in person can decide a review.';
}

/** Why this caller may not decide a review, in words; undefined when they may. */
export function whyNotDecide(
  review: { requestedBy: string; excludedIds: readonly string[]; state: string },
  decider: Decider,
): string | undefined {
  const kind = whyNotThisKind(decider);
  if (kind !== undefined) return kind;
  if (decider.userId === review.requestedBy)
    return "You asked for this review, so someone else must decide it.";
  if (review.excludedIds.includes(decider.userId)) {
    return "You made, uploaded or last edited what is reviewed, so someone else must decide it.";
  }
  if (decider.role !== "reviewer" && decider.role !== "admin") {
    return "Deciding needs the role reviewer or admin in this team.";
  }
  if (review.state !== "open") return `This review is ${review.state.replaceAll("_", " ")} already.`;
  return undefined;
}

/** An approval of something that is not all green, and every other verdict, must say why. */
export const reasonRequired = (decision: ReviewDecision, outcome: string | null): boolean =>
  !(decision === "approve" && outcome === "pass");
