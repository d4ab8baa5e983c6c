import { expect, it } from "vitest";
import { labelRuns } from "./run-labels";

it("tells runs of one name apart by the end of their ids, and leaves other names alone", () => {
  const labels = labelRuns([
    { id: "run_aaaaaa111111", name: "tree" },
    { id: "run_aaaaaa222222", name: "tree" },
    { id: "run_aaaaaa333333", name: "forest" },
  ]);
  expect([...labels.values()]).toEqual(["tree · 111111", "tree · 222222", "forest"]);
});
