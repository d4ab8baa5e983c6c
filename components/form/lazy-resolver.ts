import type { FieldValues, Resolver } from "react-hook-form";
import type { z } from "zod";

/**
 * Checks a form by a zod schema that is loaded when it is first needed: zod and its schemas are no part of what a page loads
 * before it can be used. `load` imports the schema dynamically.
 */
export function lazyResolver<I extends FieldValues, O extends FieldValues>(
  load: () => Promise<z.ZodType<O, I>>,
): Resolver<I, unknown, O> {
  return async (values, context, options) => {
    const [{ zodResolver }, { speakInWords }, schema] = await Promise.all([
      import("@hookform/resolvers/zod"),
      import("@/server/core/input-words"),
      load(),
    ]);
    speakInWords();
    return zodResolver(schema)(values, context, options);
  };
}
