import { z } from "zod/mini";

/** What the interface knows about an error, whatever door it came through. */
export type ErrorView = {
  code?: string;
  message: string;
  hint?: string;
  requestId?: string;
  /** Field name → messages, for forms. */
  fields: Record<string, string[]>;
};

const FieldMap = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const AppErrorWire = z.object({
  code: z.optional(z.string()),
  message: z.optional(z.string()),
  hint: z.optional(z.nullable(z.string())),
  requestId: z.optional(z.nullable(z.string())),
  details: z.optional(z.unknown()),
});
const Wrapped = z.object({
  data: z.optional(z.unknown()),
  error: z.optional(z.unknown()),
  appError: z.optional(z.unknown()),
});
const Digest = z.object({ digest: z.optional(z.string()) });

function candidates(error: unknown): unknown[] {
  const wrapped = Wrapped.safeParse(error);
  if (!wrapped.success) return [error];
  const inner = Wrapped.safeParse(wrapped.data.data);
  return [
    inner.success ? inner.data.appError : undefined,
    inner.success ? inner.data.error : undefined,
    wrapped.data.data,
    wrapped.data.error,
    wrapped.data.appError,
    error,
  ];
}

function fieldsOf(details: unknown): Record<string, string[]> {
  const holder = z.object({ fields: FieldMap }).safeParse(details);
  if (!holder.success) return {};
  return Object.fromEntries(
    Object.entries(holder.data.fields).map(([key, value]) => [
      key,
      typeof value === "string" ? [value] : value,
    ]),
  );
}

/** Reads code, hint, request id and field messages from a tRPC error, an action's error, problem+json or an Error. Never throws. */
export function readError(error: unknown): ErrorView {
  const view: ErrorView = { message: "", fields: {} };
  for (const candidate of candidates(error)) {
    const parsed = AppErrorWire.safeParse(candidate);
    if (!parsed.success) continue;
    view.code ??= parsed.data.code;
    view.hint ??= parsed.data.hint ?? undefined;
    view.requestId ??= parsed.data.requestId ?? undefined;
    view.message ||= parsed.data.message ?? "";
    if (Object.keys(view.fields).length === 0) view.fields = fieldsOf(parsed.data.details);
  }
  const digest = Digest.safeParse(error);
  if (digest.success) view.requestId ??= digest.data.digest;
  view.message ||= typeof error === "string" ? error : "Something went wrong on our side.";
  return view;
}
