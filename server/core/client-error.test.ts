import { createServer, type Server } from "node:http";
import net from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answerUnreadable } from "./client-error";

let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((req, res) => {
    if (req.url === "/begun") res.write("half an ");
    req.resume().on("end", () => res.end("fine"));
  });
  answerUnreadable(server, (status, message) => ({ type: "application/json", body: { status, message } }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  port = typeof address === "object" && address ? address.port : 0;
});
afterAll(() => server.close());

function send(raw: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(raw));
    let heard = "";
    socket.on("data", (chunk) => (heard += chunk.toString()));
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
  });
}

it.each([
  ["headers beyond the limit", `GET / HTTP/1.1\r\nhost: a\r\nx: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ["no HTTP at all", "hello there\r\n\r\n", 400],
  [
    "two lengths of a body",
    "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na",
    400,
  ],
  // The handler has the request by then, and has said nothing yet.
  ["a broken chunk", "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n", 400],
  [
    "endless extensions of a chunk",
    `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}`,
    413,
  ],
])("%s is answered in words", async (_what, raw, status) => {
  const answer = await send(raw);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  const body: unknown = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
  expect(body).toEqual({ status, message: expect.stringMatching(/\.$/) });
});

it("a readable request is answered as ever", async () => {
  expect(await send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).toContain("fine");
});

it("an answer that has begun is broken off, not followed by another", async () => {
  const answer = await send(
    "POST /begun HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n",
  );
  expect(answer).not.toContain("HTTP/1.1 400");
});
