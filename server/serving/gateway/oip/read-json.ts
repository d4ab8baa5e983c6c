import { invalid } from "@/server/core/errors";
import { parseNumericJson, TooDeep } from "@/server/core/numeric-json";

/**
 * A request's JSON, with exact whole numbers and a bound on its nesting.
 * @throws AppError `invalid`
 */
export function readJson(text: string): unknown {
  try {
    return parseNumericJson(text);
  } catch (error) {
    if (error instanceof TooDeep) throw invalid(`The body is ${error.message}.`);
    throw invalid("The body is not valid JSON.", 'Send an Open Inference Protocol request: {"inputs": […]}.');
  }
}
