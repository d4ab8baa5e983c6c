import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Db } from "@/db/client";
import { query } from "@/server/core/verb";
import type { HttpEnv } from "./app-env";
import { rest } from "./rest";
import { restApp } from "./rest-app";

const echo = query(
  {
    name: "test.echo",
    permission: "platform.health.read",
    input: z.looseObject({}),
    summary: "Give back the input",
  },
  async ({ input }) => input,
);

let server: http.Server;
let port = 0;

beforeAll(async () => {
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    c.set("requestId", "req_test");
    // The echo touches no database.
    c.set("caller", async () => ({ db: {} as Db, requestId: "req_test", actor: undefined }));
    await next();
  });
  app.route("/", restApp([rest("Test", "post", "/echo", echo)]));
  // As the portal listens: Next beside it keeps the global Request of Node.
  server = http.createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

/** One request over a real connection, with exactly these headers: what they say of the body is what is tested. */
function send(headers: Record<string, string>, chunks: readonly (string | Buffer)[] = []) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = http.request({ port, host: "127.0.0.1", method: "POST", path: "/echo", headers });
    request.once("error", reject);
    request.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    for (const chunk of chunks) request.write(chunk);
    request.end();
  });
}

it("takes a POST that announces no body, as curl -X POST sends it", async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    let text = "";
    net
      .connect(port, "127.0.0.1")
      .on("error", reject)
      .on("data", (chunk) => (text += chunk.toString()))
      .on("end", () => resolve(text))
      .write("POST /echo HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n");
  });
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toContain("{}");
});

it("takes a body in pieces whose length nobody announced", async () => {
  const chunked = { "transfer-encoding": "chunked", "content-type": "application/json" };
  expect(await send(chunked, ['{"a":', "1}"])).toEqual({ status: 200, text: '{"a":1}' });
});

it("refuses what is too large, announced or not, with a problem document", async () => {
  const piece = Buffer.alloc(1024 * 1024, "x");
  const announced = await send({ "content-length": String(5 * piece.length) }, Array(5).fill(piece));
  const unannounced = await send({ "transfer-encoding": "chunked" }, Array(5).fill(piece));
  for (const answer of [announced, unannounced]) {
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({
      code: "invalid",
      title: "The body is larger than 4 MiB.",
    });
  }
});
