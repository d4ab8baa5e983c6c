import { expect, test } from "vitest";
import { launchValues, relaunchHref, toDispatch, type LaunchTemplate } from "./launch-values";

const template: LaunchTemplate = {
  name: "make-table",
  title: "Make a table",
  version: "1.0.0",
  spec: {
    resources: { cpuMilli: 1000, memoryBytes: 1024 ** 3, timeLimitSeconds: 600 },
    parameters: [{ name: "rows", title: "Rows", type: "integer", default: 10 }],
    inputs: [{ name: "source", title: "Source", optional: true, accepts: [] }],
    outputs: [
      { name: "log.txt", title: "Log" },
      { name: "table.csv", title: "Table" },
    ],
  },
};

test("running a job again fills the form with all that it was, its dataset outputs too", () => {
  const dispatched = toDispatch(template, {
    ...launchValues(template, {}),
    params: { rows: 25 },
    inputs: { source: "dsv_1" },
    datasets: { o1: "Größe" },
  });
  expect(dispatched.outputs).toEqual([{ path: "table.csv", dataset: { slug: "gro-e", name: "Größe" } }]);
  const href = relaunchHref({
    name: "Nightly",
    template: { name: template.name, version: template.version },
    command: [],
    requirements: null,
    params: dispatched.params ?? {},
    env: {},
    inputs: dispatched.inputs ?? [],
    resources: { cpuMilli: 500, memoryBytes: 2 * 1024 ** 3, gpuFlavor: "a100", gpuMilli: 500 },
    timeLimitSeconds: 90,
    maxAttempts: 3,
    outputs: dispatched.outputs ?? [],
    code: null,
  });
  const query = Object.fromEntries(new URL(href ?? "", "http://portal").searchParams);
  expect(toDispatch(template, launchValues(template, query))).toEqual({
    ...dispatched,
    name: "Nightly",
    resources: { cpuMilli: 500, memoryBytes: 2 * 1024 ** 3, gpuFlavor: "a100", gpuMilli: 500 },
    timeLimitSeconds: 90,
    maxAttempts: 3,
  });
});
