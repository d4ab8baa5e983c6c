import { isTransient } from "./transient";

/** The closed set of error codes; each is mapped once per door. */
export const ERROR_CODES = [
  "not_found",
  "forbidden",
  "unauthenticated",
  "invalid",
  "conflict",
  "precondition_failed",
  "quota_exceeded",
  "rate_limited",
  "unavailable",
  "timed_out",
  "internal",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export const HTTP_STATUS: Record<ErrorCode, number> = {
  not_found: 404,
  forbidden: 403,
  unauthenticated: 401,
  invalid: 400,
  conflict: 409,
  precondition_failed: 412,
  quota_exceeded: 403,
  rate_limited: 429,
  unavailable: 503,
  timed_out: 504,
  internal: 500,
};

export interface ErrorDetails {
  /** Field path → what is wrong with it. */
  fields?: Record<string, string>;
  [key: string]: unknown;
}

/** An expected failure, told in the user's words. `hint` is the next step. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: ErrorDetails | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; details?: ErrorDetails | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}

/** Missing and forbidden-to-see look the same. */
export const notFound = (kind: string, id: string | number) =>
  new AppError("not_found", `There is no ${kind} ${id} in this team.`, {
    hint: "Check the address, or switch to the team that owns it.",
    details: { kind, id },
  });

export const invalid = (message: string, hint?: string, details?: ErrorDetails) =>
  new AppError("invalid", message, { hint, details });

export const invalidField = (field: string, message: string, hint?: string) =>
  new AppError("invalid", `${field}: ${message}`, { hint, details: { fields: { [field]: message } } });

export const conflict = (message: string, hint?: string, details?: ErrorDetails) =>
  new AppError("conflict", message, { hint, details });

export const precondition = (message: string, hint?: string, details?: ErrorDetails) =>
  new AppError("precondition_failed", message, { hint, details });

export const forbidden = (message: string, hint?: string, details?: ErrorDetails) =>
  new AppError("forbidden", message, { hint, details });

export const isAppError = (error: unknown): error is AppError =>
  error instanceof Error && error.name === "AppError" && "code" in error;

/** What a reader outside may know of an error; an unknown one shows its request id and nothing else. */
export interface PublicError {
  code: ErrorCode;
  message: string;
  hint?: string | undefined;
  details?: ErrorDetails | undefined;
  requestId: string;
}

export function toPublicError(error: unknown, requestId: string): PublicError {
  if (isAppError(error)) {
    return { code: error.code, message: error.message, hint: error.hint, details: error.details, requestId };
  }
  if (isTransient(error)) {
    return {
      code: "unavailable",
      message: "The database does not answer at the moment.",
      hint: "Send the request again in a moment; with an Idempotency-Key it is done once.",
      requestId,
    };
  }
  return {
    code: "internal",
    message: "Something went wrong on our side.",
    hint: `Try again; if it stays, give request id ${requestId} to the platform team.`,
    requestId,
  };
}
