import { describe, expect, it } from "vitest";
import { operationOf } from "./paths";

describe("paths of the protocol", () => {
  it.each<[string, string, object]>([
    ["GET", "/v2/", { kind: "server" }],
    ["HEAD", "/v2/health/live", { kind: "live" }],
    ["GET", "/v2/models", { kind: "models" }],
    ["GET", "/v2/models/stats", { kind: "all-statistics" }],
    ["POST", "/v2/repository/index/", { kind: "index" }],
    ["GET", "/v2/models/a%2Fb", { kind: "metadata", name: "a/b", version: undefined }],
    ["GET", "/v2/models/a/versions/3/", { kind: "metadata", name: "a", version: "3" }],
    ["GET", "/v2/models/a/versions/3/ready?x=1", { kind: "model-ready", name: "a", version: "3" }],
    ["GET", "/v2/models/a/config", { kind: "config", name: "a" }],
    ["GET", "/v2/models/a/stats//", { kind: "statistics", name: "a" }],
    ["POST", "/v2/models/stats/infer", { kind: "infer", name: "stats" }],
    ["POST", "/v2/models/a/versions/1/infer", { kind: "infer", name: "a", version: "1" }],
    ["GET", "/v2/models/a/infer", { kind: "not-allowed", allow: "POST" }],
    ["PUT", "/v2/models/a", { kind: "not-allowed", allow: "GET" }],
    ["POST", "/v2", { kind: "not-allowed", allow: "GET" }],
    ["GET", "/v2/models/a/constructor", { kind: "unknown" }],
    ["GET", "/v2/models/a/versions/", { kind: "unknown" }],
    ["GET", "/v2/models/%ff", { kind: "unknown" }],
    ["GET", "/v2/models/a/versions/%ff", { kind: "unknown" }],
    ["POST", "/v2/repository/models/a/unload", { kind: "unknown" }],
    ["GET", "", { kind: "unknown" }],
    ["GET", "/V2", { kind: "unknown" }],
  ])("%s %s", (method, url, operation) => {
    expect(operationOf(method, url)).toMatchObject(operation);
  });
});
