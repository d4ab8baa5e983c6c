import { describe, expect, it } from "vitest";
import { pathOfMlflowLink } from "./mlflow-link";

describe("links that the mlflow client prints", () => {
  it.each([
    ["#/experiments/1", "/experiments/1"],
    ["#/experiments/12/runs/run_01a2", "/experiments/12/runs/run_01a2"],
    ["#/experiments/12/runs/run_01a2/model-metrics", "/experiments/12/runs/run_01a2"],
    ["#/experiments/12/runs/run_01a2/artifacts/a/b", "/experiments/12/runs/run_01a2"],
    ["#/experiments/12/models/m-01a2", "/experiments/12"],
    ["#/experiments/12?searchFilter=x", "/experiments/12"],
    ["#/models", "/models"],
    ["#/models/churn", "/models/churn"],
    ["#/models/churn%20v2/versions/3", "/models/churn%20v2/versions/3"],
    ["#/models/churn/versions/3/extra", "/models/churn/versions/3"],
    ["#/models/50%/versions/3", "/models/50%25/versions/3"],
  ])("%s leads to %s", (hash, path) => expect(pathOfMlflowLink(hash)).toBe(path));

  it.each([
    "",
    "#",
    "#/",
    "#content",
    "#/experiments/x",
    "#/models//versions/1",
    "#//evil.example",
    "#/prompts",
  ])("%j leads nowhere", (hash) => expect(pathOfMlflowLink(hash)).toBeNull());
});
