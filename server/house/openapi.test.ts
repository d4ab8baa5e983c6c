import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import "./router";
import { PERMISSIONS, type Rule } from "@/server/core/authz/permissions";
import { allVerbs } from "@/server/core/verb";
import { mlflowApp } from "@/server/http/mlflow/app";
import { restRoutes } from "./rest-routes";
import { openApiDocument } from "@/server/kit/openapi";

const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string().min(5),
  tags: z.array(z.string()).length(1),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).default([]),
  responses: z.record(z.string(), z.unknown()),
});
const Document = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
});

/** As it goes over the wire. */
const document: unknown = JSON.parse(JSON.stringify(openApiDocument(restRoutes, "http://127.0.0.1:3000")));
const operations = Object.entries(Document.parse(document).paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
);

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3.1 by the published schema", async () => {
    const validator = new Validator();
    const result = await validator.validate(document as Record<string, unknown>);
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(validator.version).toBe("3.1");
    // The validator can say no.
    expect((await new Validator().validate({ openapi: "3.1.0", info: {}, paths: {} })).valid).toBe(false);
  });

  it("refers to nothing that it does not hold", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]);
    expect([...new Set(references)]).toEqual(["#/components/schemas/Problem"]);
  });

  it("names every route once, with the parameters of its path", () => {
    expect(operations).toHaveLength(restRoutes.length);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids).toEqual([...new Set(ids)]);
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((each) => each.in === "path").map((each) => each.name);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    }
  });

  it("offers a key for every write and a cursor for every list that pages", () => {
    const has = (parameters: readonly { name: string }[], name: string) =>
      parameters.some((each) => each.name === name);
    for (const route of restRoutes) {
      const found = operations.find(
        ({ method, path }) => method === route.method && path === `/api/v1${route.path}`,
      );
      const { parameters } = found?.operation ?? expect.fail(`${route.path} is missing`);
      const writes = route.verb.kind === "mutation" && !route.stream;
      expect({ path: route.path, key: has(parameters, "Idempotency-Key") }).toEqual({
        path: route.path,
        key: writes,
      });
      // A search gives its best hits and no second page.
      if (has(parameters, "limit") && route.path !== "/search")
        expect({ path: route.path, cursor: has(parameters, "cursor") }).toEqual({
          path: route.path,
          cursor: true,
        });
    }
  });
});

/** Verbs that tokens may execute and that REST does not list, each with the door it has instead or why it needs none. */
const ELSEWHERE: Record<string, string> = {
  "datasets.upload.receive": "the end of PUT …/uploads/{fileName}",
  "datasets.upload.ingest": "outputs of a job, declared when it is dispatched",
  "governance.review.touch": "notes that a person looked",
  "governance.review.count": "numbers on tabs of a page",
  "experiments.metric.keys": "choices of a form",
  "compute.input.choices": "choices of a form",
};

it("every verb that a token may execute has a door for scripts", () => {
  const inRest = new Set(restRoutes.map((route) => route.verb.definition.name));
  const missing = allVerbs().flatMap(({ definition }) => {
    const rule: Rule = PERMISSIONS[definition.permission];
    const { name } = definition;
    // The tracking server's own protocol is the door of what its clients speak of.
    const spoken = /^(experiments\.(experiment|run|artifact|logged-model)|registry\.(model|version))\./.test(
      name,
    );
    return rule.token && !inRest.has(name) && !spoken && !(name in ELSEWHERE) && !name.startsWith("test.")
      ? [name]
      : [];
  });
  expect(missing).toEqual([]);
  expect(mlflowApp().routes.length).toBeGreaterThan(50);
});
