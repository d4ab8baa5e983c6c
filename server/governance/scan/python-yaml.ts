import { parseDocument } from "yaml";
import type { z } from "zod";

/** Python's reader ends a line, and with it a comment, at these too. */
const OTHER_LINE_ENDS = /\r(?!\n)|[\u0085\u2028\u2029]/;

/**
 * A YAML file as Python's reader understands it too, in the shape that is asked for; undefined where that is not sure: two readers differ in
 * line ends, merged mappings and repeated keys.
 */
export function readPythonYaml<T>(text: string, shape: z.ZodType<T>): T | undefined {
  if (OTHER_LINE_ENDS.test(text)) return undefined;
  const document = parseDocument(text, { uniqueKeys: true, schema: "core" });
  if (document.errors.length > 0) return undefined;
  try {
    const content: unknown = document.toJS();
    return hasMerge(content, new Set()) ? undefined : shape.safeParse(content).data;
  } catch {
    // An alias without an anchor, or so many that the content would fill the memory.
    return undefined;
  }
}

/** `<<` takes another mapping's keys, which the plain content does not show. */
function hasMerge(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  return Object.entries(value).some(([key, inner]) => key === "<<" || hasMerge(inner, seen));
}
