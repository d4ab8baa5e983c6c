import type { ModelRuntime } from "../model-runtime/port";

/** One runtime of two: models that run here, and models that run elsewhere. */
export function withEndpoints(own: ModelRuntime, external: ModelRuntime): ModelRuntime {
  const elsewhere = new Set<string>();
  const of = (key: string) => (elsewhere.has(key) ? external : own);
  return {
    load(key, spec) {
      if (spec.external) elsewhere.add(key);
      return of(key).load(key, spec);
    },
    infer: (key, inputs, options) => of(key).infer(key, inputs, options),
    unload(key) {
      const runtime = of(key);
      // At once: the same key may be loaded again before the unloading ends.
      elsewhere.delete(key);
      return runtime.unload(key);
    },
    health: (key) => of(key).health(key),
    onChange(listener) {
      own.onChange(listener);
      external.onChange(listener);
    },
    usage: async () => (await Promise.all([own.usage(), external.usage()])).flat(),
    async close() {
      await Promise.all([own.close(), external.close()]);
    },
  };
}
