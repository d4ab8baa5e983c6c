import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { Hono } from "hono";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { experimentEndpoints, runEndpoints } from "@/server/http/mlflow/tracking";
import { loggedModelEndpoints } from "@/server/http/mlflow/logged-models";
import { registryEndpoints } from "@/server/http/mlflow/registry";
import { claimResetAction, claimSetupAction } from "@/server/identity/actions";
import "@/server/compute/actions";
import type { Caller } from "@/server/core/context";
import { isAppError } from "@/server/core/errors";
import { namesAt } from "@/server/core/unknown-fields";
import { allVerbs, type Verb } from "@/server/core/verb";
import { createWorld, type World } from "@/server/governance/testing";
import type { HttpEnv } from "@/server/kit/app-env";
import { restApp } from "@/server/kit/rest-app";
import { restRoutes } from "./rest-routes";
import { appRouter } from "./router";
import { NO_TEAM } from "./testing/no-team";
import { procedures } from "./testing/procedures";
import { EXAMPLES } from "./testing/verb-examples";

// Next's own: outside of a request there are no headers to read.
vi.mock("next/headers", () => ({ headers: () => Promise.resolve(new Headers()) }));

const UNKNOWN = "nobodyReadsThis";

let world: World;
let admin: Caller & { requestId: string };
let rest: Hono<HttpEnv>;
beforeAll(async () => {
  world = await createWorld();
  const { actor } = await world.person("admin");
  admin = { actor: { ...actor, isPlatformAdmin: true }, db: world.db, requestId: "req_1" };
  rest = new Hono<HttpEnv>()
    .use(async (c, next) => {
      c.set("requestId", admin.requestId);
      c.set("caller", () => Promise.resolve(admin));
      await next();
    })
    .route("/", restApp(restRoutes));
});
afterAll(() => world.close());

function exampleOf(verb: Verb): Record<string, unknown> {
  const input = EXAMPLES[verb.definition.name]?.input(NO_TEAM);
  return z.record(z.string(), z.unknown()).parse(input);
}

const verbProcedures = procedures.flatMap((each) => {
  const verb = allVerbs().find(({ definition }) => definition.name === each.verb);
  return verb ? [{ ...each, verb }] : [];
});

async function trpc(path: string, isQuery: boolean, input: unknown) {
  const sent = JSON.stringify(superjson.serialize(input));
  const response = await fetchRequestHandler({
    endpoint: "/trpc",
    router: appRouter,
    createContext: () => admin,
    req: new Request(
      `http://portal.test/trpc/${path}${isQuery ? `?input=${encodeURIComponent(sent)}` : ""}`,
      isQuery ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: sent },
    ),
  });
  return { status: response.status, text: await response.text() };
}

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    (answer) => ({ answer }),
    (error: unknown) => (isAppError(error) ? { code: error.code, fields: error.details?.fields } : { error }),
  );

describe("a field that nobody reads is refused by name", () => {
  it.each(verbProcedures.map((each) => [each.path, each] as const))(
    "by tRPC at %s",
    async (path, { isQuery, verb }) => {
      const { status, text } = await trpc(path, isQuery, { ...exampleOf(verb), [UNKNOWN]: 1 });
      expect({ status, text }).toEqual({
        status: 400,
        text: expect.stringContaining(`${UNKNOWN}: is not known`),
      });
    },
  );

  it("by the live stream", async () => {
    const live = appRouter.createCaller(admin).live;
    const asked = { topics: ["jobs"], [UNKNOWN]: 1 };
    const told = await live.changes(asked).then(
      () => "accepted",
      (error: unknown) => String(error instanceof Error ? error.cause : error),
    );
    expect(told).toContain(UNKNOWN);
  });

  it.each(restRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "by REST at %s",
    async (_name, { method, path, verb, stream }) => {
      const example = exampleOf(verb);
      const inPath: string[] = [];
      const address = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
        inPath.push(name);
        return encodeURIComponent(String(example[name] ?? "none"));
      });
      const others = Object.entries({ ...example, [UNKNOWN]: "1" }).filter(
        ([name]) => !inPath.includes(name),
      );
      const inQuery = method === "get" || stream !== undefined;
      const query = new URLSearchParams(others.map(([name, value]) => [name, String(value)]));
      const response = await rest.request(`${address}${inQuery ? `?${query}` : ""}`, {
        method: method.toUpperCase(),
        ...(inQuery ? {} : { body: JSON.stringify(Object.fromEntries(others)) }),
      });
      const answer: unknown = await response.json();
      expect({ status: response.status, answer }).toMatchObject({
        status: 400,
        answer: { code: "invalid", details: { fields: { [UNKNOWN]: expect.stringContaining("not known") } } },
      });
    },
  );

  it.each([
    ["the setup", claimSetupAction, "identity.setup.claim"],
    ["a new password", claimResetAction, "identity.reset.claim"],
  ] as const)("by the server action for %s", async (_what, action, name) => {
    const verb = allVerbs().find(({ definition }) => definition.name === name);
    if (!verb) throw new Error(`There is no ${name}.`);
    expect(await action({ ...exampleOf(verb), [UNKNOWN]: 1 })).toMatchObject({
      ok: false,
      error: { code: "invalid", details: { fields: { [UNKNOWN]: expect.stringContaining("not known") } } },
    });
  });
});

/** Every object inside of an input that says which fields it has. */
function placesIn(
  verb: Verb,
  value: unknown,
  path: readonly (string | number)[] = [],
): (string | number)[][] {
  if (Array.isArray(value)) return value.flatMap((each, at) => placesIn(verb, each, [...path, at]));
  if (value === null || typeof value !== "object") return [];
  const inside = Object.entries(value).flatMap(([key, each]) => placesIn(verb, each, [...path, key]));
  const isClosed = path.length > 0 && namesAt(verb.definition.input, path).length > 0;
  return isClosed ? [[...path], ...inside] : inside;
}

function withUnknown(value: unknown, [key, ...rest]: readonly (string | number)[]): unknown {
  if (Array.isArray(value)) return value.map((each, at) => (at === key ? withUnknown(each, rest) : each));
  const own = { ...Object(value) } as Record<string, unknown>;
  if (key === undefined) return { ...own, [UNKNOWN]: 1 };
  return { ...own, [key]: withUnknown(own[key], rest) };
}

const places = allVerbs().flatMap((verb) => {
  const example = exampleOf(verb);
  return placesIn(verb, example).map(
    (place) => [verb.definition.name, place.join("."), verb, place] as const,
  );
});

describe("inside of an input, too", () => {
  it("there are places to look at", () => {
    expect(places.length).toBeGreaterThan(15);
  });

  it.each(places)("%s: %s", async (_name, at, verb, place) => {
    const told = await refusalOf(verb.execute(admin, withUnknown(exampleOf(verb), place)));
    const answersEach = verb.definition.name === "monitoring.feedback.record";
    expect(told).toMatchObject(
      answersEach
        ? { answer: { summary: { invalid: 1 }, results: [{ message: expect.stringContaining(UNKNOWN) }] } }
        : { code: "invalid", fields: { [`${at}.${UNKNOWN}`]: expect.stringContaining("not known") } },
    );
  });
});

it("a job that is dispatched with what we do not do is told so, and is not started", async () => {
  const fields = {
    image: "python:3.12",
    git: "https://example.org/a.git",
    files: [{ path: "a.py" }],
    memoryBytes: 1,
  };
  const response = await rest.request("/jobs", {
    method: "POST",
    body: JSON.stringify({
      command: ["true"],
      ...fields,
      resources: { cpuMilli: 100, memoryBytes: 2 ** 26, gpus: 1 },
    }),
  });
  expect(await response.json()).toMatchObject({
    code: "invalid",
    details: {
      fields: Object.fromEntries(
        [...Object.keys(fields), "resources.gpus"].map((name) => [
          name,
          expect.stringContaining("not known"),
        ]),
      ),
    },
  });
  const list = await rest.request("/jobs");
  expect(await list.json()).toMatchObject({ items: [] });
});

describe("an address", () => {
  it("is not contradicted by what is sent with it", async () => {
    const response = await rest.request("/models/churn", {
      method: "PATCH",
      body: JSON.stringify({ name: "fraud", description: "Mine" }),
    });
    expect(await response.json()).toMatchObject({
      code: "invalid",
      details: { fields: { name: expect.any(String) } },
    });
  });

  it("may be repeated, as clients do", async () => {
    const response = await rest.request("/models/churn", {
      method: "PATCH",
      body: JSON.stringify({ name: "churn", description: "Mine" }),
    });
    expect(await response.json()).toMatchObject({ code: "not_found" });
  });
});

describe("a list that grows as one scrolls", () => {
  it("is asked in the words of the library that asks", async () => {
    const at = { slug: "none", direction: "forward" };
    expect((await trpc("datasets.timeline", true, at)).text).toContain("There is no dataset none");
    const wrong = await trpc("datasets.timeline", true, { ...at, direction: "sideways", [UNKNOWN]: 1 });
    expect(wrong.text).toContain(UNKNOWN);
  });
});

describe("MLflow's clients of other versions", () => {
  const endpoints = [...experimentEndpoints, ...runEndpoints, ...registryEndpoints, ...loggedModelEndpoints];
  const rpc = async (path: string, params: Record<string, unknown>) => {
    const endpoint = endpoints.find((each) => each.path === path);
    if (!endpoint) throw new Error(`There is no rpc ${path}.`);
    return endpoint.run(admin, { ...params, [UNKNOWN]: 1 });
  };
  const pair = { key: "a", value: "b", [UNKNOWN]: 1 };

  it("send what we do not read, at any depth, and are served", async () => {
    const { experiment_id: experimentId } = z
      .object({ experiment_id: z.string() })
      .parse(await rpc("/experiments/create", { name: "tolerant", tags: [pair] }));
    const { run } = z
      .object({ run: z.object({ info: z.object({ run_id: z.string() }) }) })
      .parse(await rpc("/runs/create", { experiment_id: experimentId, tags: [pair] }));
    const runId = run.info.run_id;
    const metric = { key: "m", value: 1, timestamp: 1, step: 0, [UNKNOWN]: 1 };
    await rpc("/runs/log-batch", { run_id: runId, metrics: [metric], params: [pair], tags: [pair] });
    await rpc("/runs/log-metric", { run_id: runId, ...metric });
    await rpc("/runs/log-inputs", {
      run_id: runId,
      datasets: [{ tags: [pair], dataset: { name: "d", digest: "1", [UNKNOWN]: 1 }, [UNKNOWN]: 1 }],
      models: [],
    });
    await rpc("/logged-models", { experiment_id: experimentId, name: "m", params: [pair], tags: [pair] });
    await rpc("/registered-models/create", { name: "tolerant", tags: [pair] });
    const told = await rpc("/runs/get", { run_id: runId });
    expect(JSON.stringify(told)).not.toContain(UNKNOWN);
    expect(told).toMatchObject({ run: { data: { metrics: [{ key: "m" }], params: [{ key: "a" }] } } });
  });
});
