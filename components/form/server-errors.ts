import type { FieldPath, FieldValues, UseFormSetError } from "react-hook-form";
import { readError } from "@/components/common/error-shape";

/** Says no more than that the fields are wrong. */
const GENERAL_HINT = "Correct the named fields and try again.";

/**
 * Puts a server's field messages on the form's fields and the rest on `root.server`.
 * `known` are the form's own field names; a message for any other field joins the root message, so that none is lost.
 */
export function applyServerError<Values extends FieldValues>(
  error: unknown,
  setError: UseFormSetError<Values>,
  known: readonly FieldPath<Values>[],
): void {
  const view = readError(error);
  const rest: string[] = [];
  let focused = false;
  for (const [name, messages] of Object.entries(view.fields)) {
    const field = known.find((path) => path === name);
    if (field === undefined) {
      rest.push(`${name}: ${messages.join(" ")}`);
      continue;
    }
    const hint = focused || view.hint === GENERAL_HINT ? [] : [view.hint];
    const message = [...messages, ...hint].filter(Boolean).join(": ");
    setError(field, { type: "server", message }, { shouldFocus: !focused });
    focused = true;
  }
  // An input error that stands at its fields is told there once; any hint goes with the first of them.
  if (view.code === "invalid" && focused && rest.length === 0) return;
  const isHintTold = focused && view.hint !== GENERAL_HINT;
  const message = [view.message, isHintTold ? undefined : view.hint, ...rest].filter(Boolean).join(" ");
  setError("root.server", { type: view.code ?? "server", message });
}
