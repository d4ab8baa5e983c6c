import type { FieldPath, FieldValues, UseFormSetError } from "react-hook-form";
import { readError } from "@/components/common/error-shape";

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
    setError(field, { type: "server", message: messages.join(" ") }, { shouldFocus: !focused });
    focused = true;
  }
  const message = [view.message, view.hint, ...rest].filter(Boolean).join(" ");
  setError("root.server", { type: view.code ?? "server", message });
}
