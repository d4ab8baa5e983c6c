import type { JobState, ParamValue, TemplateParameter } from "./schemas";

export const JOB_STATES = ["queued", "preparing", "running", "succeeded", "failed", "cancelled"] as const;
export const QUOTA_MAX_DAYS = 90;

/** Why a job is where it is. Fixed tokens (after Kueue's KEP-10852 where it has one), so that scripts can rely on them. */
export const JOB_REASONS = {
  PendingEvaluation: "Waiting for the next look at the queue",
  WaitingForQuota: "Waiting for the team's quota",
  WaitingForCapacity: "Waiting for room in the cluster",
  WaitingBehind: "Waiting behind a job that came first and needs the same",
  ExceedsMaxQuota: "Asks for more than the team's whole quota",
  RetryBackoff: "Waiting before the next attempt",
  Admitted: "Admitted: quota is reserved",
  Preparing: "Preparing environment and inputs",
  Running: "Running",
  Collecting: "Storing outputs and log",
  Cancelling: "Cancelling: its processes are asked to end",
  Succeeded: "Finished",
  Failed: "Failed",
  OutOfMemory: "Killed for using too much memory",
  TimeLimit: "Stopped at its time limit",
  Lost: "Lost with the machine or process that kept it",
  StartFailed: "Could not be started",
  Cancelled: "Cancelled",
} as const;
export type JobReason = keyof typeof JOB_REASONS;

/** How far an attempt was kept apart from the portal and from others, and what that promises. `docs/security.md` has the whole. */
export const ISOLATION_WORDS: Record<string, { label: string; promise: string; isWeak: boolean }> = {
  "namespaces+user": {
    label: "Own user and namespaces",
    promise: "It sees its own files, processes and devices only.",
    isWeak: false,
  },
  namespaces: {
    label: "Namespaces",
    promise: "It sees its own files, processes and devices only, but shares the worker's user.",
    isWeak: false,
  },
  user: {
    label: "Own user",
    promise: "It reads nothing of the portal or of other jobs, but sees which processes run on the machine.",
    isWeak: false,
  },
  none: {
    label: "None",
    promise:
      "It runs as the worker itself: its code can read keys, passwords and other jobs on this machine.",
    isWeak: true,
  },
};

const TERMINAL: ReadonlySet<JobState> = new Set(["succeeded", "failed", "cancelled"]);
/** Whether a job in this state has ended for good. */
export const isFinal = (state: JobState): boolean => TERMINAL.has(state);

/** States that hold quota. */
export const HOLDING_STATES = ["preparing", "running"] as const;

const RETRYABLE: ReadonlySet<JobReason> = new Set(["Failed", "OutOfMemory", "Lost", "StartFailed"]);
const BACKOFF_BASE_MS = 5_000;
const BACKOFF_MAX_MS = 5 * 60_000;

/** Whether another attempt may help: never after success, a cancel or the time limit. */
export function mayRetry(reason: JobReason, attemptCount: number, maxAttempts: number): boolean {
  return RETRYABLE.has(reason) && attemptCount < maxAttempts;
}

/** Pause before the next attempt: 5 s, doubled each time, at most 5 min. */
export const retryDelayMs = (attemptCount: number): number =>
  Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.max(0, attemptCount - 1));

const PARAMETER_WORDS = { number: "a number", integer: "a whole number" } as const;

function checkParam(parameter: TemplateParameter, value: ParamValue): string | undefined {
  switch (parameter.type) {
    case "string":
      return typeof value === "string" ? undefined : "is text";
    case "boolean":
      return typeof value === "boolean" ? undefined : "is true or false";
    case "enum":
      return typeof value === "string" && parameter.options.includes(value)
        ? undefined
        : `is one of ${parameter.options.join(", ")}`;
    default: {
      const right = typeof value === "number" && (parameter.type === "number" || Number.isInteger(value));
      if (!right) return `is ${PARAMETER_WORDS[parameter.type]}`;
      if (parameter.minimum !== undefined && value < parameter.minimum)
        return `is at least ${parameter.minimum}`;
      if (parameter.maximum !== undefined && value > parameter.maximum)
        return `is at most ${parameter.maximum}`;
      return undefined;
    }
  }
}

/** Checks parameters against a template and fills in its defaults; `fields` says what is wrong with which. */
export function checkParams(
  parameters: readonly TemplateParameter[],
  given: Readonly<Record<string, ParamValue>>,
): { values: Record<string, ParamValue>; fields: Record<string, string> } {
  const values: Record<string, ParamValue> = {};
  const fields: Record<string, string> = {};
  for (const parameter of parameters) {
    const value = given[parameter.name] ?? parameter.default;
    const wrong = checkParam(parameter, value);
    if (wrong) fields[`params.${parameter.name}`] = wrong;
    else values[parameter.name] = value;
  }
  const known = new Set(parameters.map((parameter) => parameter.name));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) fields[`params.${name}`] = "is no parameter of this template";
  }
  return { values, fields };
}

const MIB = 1024 ** 2;

/** An amount of a resource in words: `cpu` in milli-cores, `memory` in bytes, `gpu:<flavor>` in milli-devices. */
export function amountInWords(resource: string, amount: number): string {
  if (resource === "memory") {
    const gib = amount / (1024 * MIB);
    return gib >= 1 ? `${Number(gib.toFixed(2))} GiB` : `${Math.round(amount / MIB)} MiB`;
  }
  const whole = Number((amount / 1000).toFixed(3));
  if (resource === "cpu") return `${whole} ${whole === 1 ? "core" : "cores"}`;
  return `${whole} ${whole === 1 ? "GPU" : "GPUs"}`;
}

/** A resource in words. */
export function resourceInWords(resource: string): string {
  if (resource === "cpu") return "CPU";
  if (resource === "memory") return "memory";
  return `GPU ${resource.replace(/^gpu:/, "")}`;
}

/** A kind of GPU: what an administrator declared of it, and what machines were found to have. */
export interface Flavor {
  name: string;
  title: string;
  capacityMilli: number;
  foundMilli: number;
}

/** How much of a kind of GPU there is to hand out. */
export const devicesOf = ({ capacityMilli, foundMilli }: Omit<Flavor, "name" | "title">): number =>
  Math.max(capacityMilli, foundMilli);

/** Where that amount comes from, in words. */
export function devicesInWords(flavor: Flavor): string {
  const words = (amount: number) => amountInWords(`gpu:${flavor.name}`, amount);
  if (flavor.foundMilli >= devicesOf(flavor) && flavor.foundMilli > 0)
    return `${words(flavor.foundMilli)} found`;
  if (flavor.capacityMilli === 0) return "0 GPUs: no machine has one";
  if (flavor.foundMilli === 0)
    return `${words(flavor.capacityMilli)} declared by an administrator; none was found on a machine here`;
  return `${words(flavor.capacityMilli)} declared by an administrator; ${words(flavor.foundMilli)} found`;
}

/** What is wrong with a promise of more than there is; null when all can have what they may use at once. */
export function overCapacityInWords(
  resource: string,
  { capacity, team, all }: { capacity: number | null; team: number; all: number },
): string | null {
  if (capacity === null || all <= capacity) return null;
  const words = (amount: number) => amountInWords(resource, amount);
  const what = resourceInWords(resource);
  if (capacity === 0) return `No machine has ${what}: jobs that ask for it wait until one has.`;
  if (team > capacity)
    return `The team may use ${words(team)} of ${what}, all machines together have ${words(capacity)}: what goes beyond waits.`;
  return `All teams together may use ${words(all)} of ${what}, all machines together have ${words(capacity)}: what goes beyond waits in order of arrival.`;
}

/** Who may decide on a quota request, and if not, why. */
export function mayDecideQuota(
  actor: { userId: string; isPlatformAdmin: boolean },
  request: { requestedBy: string; state: string },
): { allowed: boolean; reason?: string } {
  if (!actor.isPlatformAdmin) {
    return { allowed: false, reason: "Only platform administrators decide on quota." };
  }
  if (request.requestedBy === actor.userId) {
    return { allowed: false, reason: "You asked for this quota, so another platform administrator decides." };
  }
  if (request.state !== "open")
    return { allowed: false, reason: `This request is already ${request.state}.` };
  return { allowed: true };
}
