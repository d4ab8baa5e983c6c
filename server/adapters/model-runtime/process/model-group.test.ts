import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { lookupModel } from "../onnx/testing-hostile-models";
import { specOf } from "../testing";
import { ONNX_ENGINE } from "./launch";
import { ModelGroup } from "./model-group";
import { hostileChild } from "./testing-hostile-child";

it("tells who waits for a model that its process dies before it can be asked anything", async () => {
  const hostile = await hostileChild("look");
  const group = new ModelGroup({
    ...hostile.options,
    folder: path.join(hostile.options.folder, "group"),
    engine: {
      ...ONNX_ENGINE,
      launch: (options) => ONNX_ENGINE.launch({ ...options, program: "/nonexistent/program.mjs" }),
    },
    onChange: () => undefined,
  });
  try {
    await expect(group.add("lookup", specOf(lookupModel()), 1_000)).rejects.toMatchObject({
      code: "unavailable",
      message: "it could not be loaded: its process ended with code 1",
    });
    expect(group.occupants).toBe(0);
  } finally {
    await group.close();
    expect(fs.existsSync(path.join(hostile.options.folder, "group"))).toBe(false);
    hostile.remove();
  }
});
