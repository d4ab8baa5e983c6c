import { expect, it } from "vitest";
import { waitFor } from "@/db/testing/wait-for";
import { jsonFrame, jsonOf, KIND } from "../onnx/child/frame.mjs";
import { ONNX_ENGINE, type Engine } from "./launch";
import { ModelHost } from "./model-host";
import { hostileChild } from "./testing-hostile-child";

it.runIf(process.platform === "linux")(
  "ends a process that has swollen, also when nothing is asked of it any more",
  async () => {
    const hostile = await hostileChild("swell");
    let isAnswered = false;
    // On a slow machine it would be seen before it has answered.
    const launch: Engine["launch"] = (options) => {
      const launched = ONNX_ENGINE.launch(options);
      return { ...launched, residentBytes: async () => (isAnswered ? launched.residentBytes() : 0) };
    };
    const host = new ModelHost({
      ...hostile.options,
      engine: { ...ONNX_ENGINE, launch },
      // No allocation is refused: only our own eye is left. The kernel's, where there is one, is a tenth and 32 MiB higher.
      memory: { residentBytes: 300 * 1024 ** 2, dataBytes: 2 ** 40 },
      onStart: () => Promise.resolve(),
      isIncomplete: () => false,
      onTrouble: () => undefined,
    });
    try {
      const answer = await host.ask(jsonFrame(7, KIND.infer, 0, {}), 60_000, jsonOf);
      isAnswered = true;
      expect(answer).toEqual({ kept: 270 * 1024 ** 2 });
      expect(host.inFlight).toBe(0);
      const { reason } = await waitFor(() => host.trouble, { what: "its end" });
      expect(reason).toMatch(/^its process took 3\d\d MiB of memory; 300 MiB are allowed$/);
    } finally {
      await host.close();
      hostile.remove();
    }
  },
);
