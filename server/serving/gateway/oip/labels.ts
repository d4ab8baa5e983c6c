import { z } from "zod";
import type { ModelSignature } from "@/server/adapters/model-runtime/port";

const Named = z.object({
  outputs: z.array(z.object({ name: z.string(), featureNames: z.array(z.string()).optional() })),
});

/** The signature with the names that a version's contract gives to the values of its outputs: the labels of classifications. */
export function withLabels(signature: ModelSignature, contract: unknown): ModelSignature {
  const named = Named.safeParse(contract).data?.outputs ?? [];
  return {
    ...signature,
    outputs: signature.outputs.map((output) => {
      const labels = named.find((each) => each.name === output.name)?.featureNames;
      return labels ? { ...output, labels } : output;
    }),
  };
}
