import type { FieldPath, FieldValues, UseFormSetError } from "react-hook-form";
import { readError } from "@/components/kit/error-shape";

/** Says no more than that the fields are wrong. */
const GENERAL_HINT = "Correct the named fields and try again.";

/** Two parts of a message, the second after a stop or a colon. */
const joined = (message: string, hint: string) =>
  /[.!?]$/.test(message) ? `${message} ${hint}` : `${message}: ${hint}`;

/**
 * Puts a server's field messages on the form's fields and the rest on `root.server`.
 * `known` are the form's own field names; a message for any other field joins the root message, so that none is lost.
 * `renamed` says which of the form's fields makes a field of the request that is called otherwise.
 */
export function applyServerError<Values extends FieldValues>(
  error: unknown,
  setError: UseFormSetError<Values>,
  known: readonly FieldPath<Values>[],
  renamed: Readonly<Record<string, FieldPath<Values>>> = {},
): void {
  const view = readError(error);
  const isGeneral = view.hint === GENERAL_HINT;
  const rest: string[] = [];
  let focused = false;
  for (const [name, messages] of Object.entries(view.fields)) {
    const field = renamed[name] ?? known.find((path) => path === name);
    const words = messages.join(" ");
    if (field === undefined) {
      // What is wrong with the whole of it is no field's.
      rest.push(name === "input" ? words : `${name}: ${words}`);
      continue;
    }
    const message = focused || !view.hint || isGeneral ? words : joined(words, view.hint);
    setError(field, { type: "server", message }, { shouldFocus: !focused });
    focused = true;
  }
  // An input error that stands at its fields is told there once; any hint goes with the first of them.
  if (view.code === "invalid" && focused && rest.length === 0) return;
  // Such a message only repeats the first of the fields, each of which is told.
  const own =
    isGeneral && (focused || rest.length > 0) ? [] : [view.message, focused ? undefined : view.hint];
  const message = [...own, ...rest].filter(Boolean).join(" ");
  setError("root.server", { type: view.code ?? "server", message });
}
