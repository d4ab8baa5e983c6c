/** What the interface knows about an error, whatever door it came through. */
export type ErrorView = {
  code?: string;
  message: string;
  hint?: string;
  requestId?: string;
  /** Which of several reasons, for code to tell apart. */
  reason?: string;
  /** Field name → messages, for forms. */
  fields: Record<string, string[]>;
};

// Narrowed by hand, not by zod: this file is in the first load of every page.
type Bag = Record<string, unknown>;

function isBag(value: unknown): value is Bag {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The places where the doors put the error, the most telling first. */
function candidates(error: unknown): Bag[] {
  if (!isBag(error)) return [];
  const data = isBag(error.data) ? error.data : {};
  return [data.app, data.error, data, error.app, error.error, error].filter(isBag);
}

function fieldsOf(details: unknown): Record<string, string[]> {
  if (!isBag(details) || !isBag(details.fields)) return {};
  const entries = Object.entries(details.fields).map(([key, value]): [string, string[]] => [
    key,
    (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === "string"),
  ]);
  return Object.fromEntries(entries.filter(([, messages]) => messages.length > 0));
}

const NO_ANSWER = { message: "The portal did not answer.", hint: "Check the connection and try again." };

/** Reads code, hint, request id and field messages from a tRPC error, an action's error, problem+json or an Error. Never throws. */
export function readError(error: unknown): ErrorView {
  // Without any data the answer never came, or came from something before the portal; its own words help nobody.
  if (isBag(error) && error.name === "TRPCClientError" && !error.data) return { ...NO_ANSWER, fields: {} };
  const view: ErrorView = { message: "", fields: {} };
  for (const candidate of candidates(error)) {
    view.code ??= text(candidate.code);
    view.hint ??= text(candidate.hint);
    view.requestId ??= text(candidate.requestId) ?? text(candidate.digest);
    view.message ||= text(candidate.message) ?? text(candidate.detail) ?? "";
    view.reason ??= isBag(candidate.details) ? text(candidate.details.reason) : undefined;
    if (Object.keys(view.fields).length === 0) view.fields = fieldsOf(candidate.details);
  }
  view.message ||= text(error) ?? "Something went wrong on our side.";
  return view;
}
