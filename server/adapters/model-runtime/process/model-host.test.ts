import { expect, it } from "vitest";
import { waitFor } from "@/db/testing/wait-for";
import { jsonFrame, jsonOf, KIND } from "../onnx/child/frame.mjs";
import { ModelHost } from "./model-host";
import { hostileChild } from "./testing-hostile-child";

it.runIf(process.platform === "linux")(
  "ends a process that has swollen, also when nothing is asked of it any more",
  async () => {
    const hostile = await hostileChild("swell");
    const host = new ModelHost({
      ...hostile.options,
      // No allocation is refused: only our own eye is left. The kernel's, where there is one, is a tenth and 32 MiB higher.
      memory: { residentBytes: 300 * 1024 ** 2, dataBytes: 2 ** 40 },
      onStart: () => Promise.resolve(),
      isIncomplete: () => false,
      onTrouble: () => undefined,
    });
    try {
      const answer = await host.ask(jsonFrame(7, KIND.infer, 0, {}), 60_000, jsonOf);
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
