import os from "node:os";
import { z } from "zod";
import { DATATYPES, type ModelRuntime, type ModelSignature, type Tensor } from "../port";
import { InferenceThread } from "./thread";

const TensorSignature = z.object({
  name: z.string(),
  datatype: z.enum(DATATYPES),
  shape: z.array(z.number()),
});
const Signature = z.object({ inputs: z.array(TensorSignature), outputs: z.array(TensorSignature) });

export interface OnnxRuntimeOptions {
  /** Threads; each holds every loaded model. Default: the machine's cores, at most 2. */
  threads?: number;
  timeoutMs?: number;
}

/** onnxruntime in worker threads, one intra-op thread each; a request goes to the thread with the least work. */
export function createOnnxRuntime(options: OnnxRuntimeOptions = {}): ModelRuntime {
  const count = options.threads ?? Math.min(2, os.availableParallelism());
  const threads = Array.from({ length: count }, () => new InferenceThread(options.timeoutMs ?? 30_000));
  const signatures = new Map<string, Promise<ModelSignature>>();

  async function loadEverywhere(digest: string, file: string): Promise<ModelSignature> {
    const answers = await Promise.all(threads.map((thread) => thread.call("load", { digest, path: file })));
    for (const thread of threads) thread.remember(digest, file);
    return Signature.parse(answers[0]);
  }

  return {
    load(digest, file) {
      const known = signatures.get(digest);
      if (known) return known;
      const loading = loadEverywhere(digest, file);
      signatures.set(digest, loading);
      loading.catch(() => signatures.delete(digest));
      return loading;
    },
    async infer(digest, inputs) {
      let best = threads[0];
      for (const thread of threads) if (best === undefined || thread.load < best.load) best = thread;
      if (!best) throw new Error("the runtime has no threads");
      // The worker is our own code; its tensors are built from the model's outputs and need no second parse on the hot path.
      return (await best.call("infer", { digest, inputs })) as Tensor[];
    },
    async unload(digest) {
      signatures.delete(digest);
      for (const thread of threads) {
        thread.forget(digest);
        await thread.call("unload", { digest });
      }
    },
    loaded: () => [...signatures.keys()],
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}
