import { describe, expect, it } from "vitest";
import { curlOf, exampleOf, fieldsOf } from "./openapi";
import { readReference } from "./read-openapi";

const responses = { "200": { description: "Done" } };
const document = {
  info: { title: "Modelworks", version: "1", description: "" },
  paths: {
    "/api/v1/feedback": {
      post: {
        operationId: "b",
        tags: ["Monitoring"],
        responses,
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: {
                type: "object",
                required: ["items"],
                properties: { items: { type: "array", items: { type: "string" } }, note: { type: "string" } },
              },
            },
          },
        },
      },
    },
    "/api/v1/health": {
      get: {
        operationId: "a",
        tags: ["Platform"],
        security: [],
        responses,
        parameters: [{ name: "q", in: "query", required: true, schema: { type: "string", default: "it's" } }],
      },
    },
  },
};

describe("the API reference", () => {
  const { groups } = readReference(document);
  const [post, get] = groups.flatMap((group) => group.operations);

  it("groups operations by tag and refuses what is no document", () => {
    expect(groups.map((group) => group.tag)).toEqual(["Monitoring", "Platform"]);
    expect(() => readReference({ error: "no" })).toThrow();
  });

  it("writes commands with what is required and nothing else", () => {
    expect(post && curlOf(post, "http://h")).toBe(
      `curl -X POST "http://h/api/v1/feedback" \\\n  -H "authorization: Bearer $MODELWORKS_TOKEN" \\\n  -H "content-type: application/json" \\\n  -d '{"items":["…"]}'`,
    );
    expect(get && curlOf(get, "http://h")).toBe(`curl "http://h/api/v1/health?q=it's"`);
    expect(post && fieldsOf(post).map((field) => [field.name, field.required])).toEqual([
      ["items", true],
      ["note", false],
    ]);
  });

  it("finds an example for nested choices", () => {
    expect(
      exampleOf({
        anyOf: [{ type: "object", required: ["n"], properties: { n: { type: "integer", minimum: 3 } } }],
      }),
    ).toEqual({ n: 3 });
  });
});
