import { Writable } from "node:stream";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { expect, it } from "vitest";
import { createLog } from "./log";

function linesOf(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = "";
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  write(createLog(sink));
  return text;
}

it("writes no secret: fields by name, and no value that was bound to a failed query", () => {
  const cause = new Error("duplicate key value");
  const failed = new DrizzleQueryError(
    "insert into api_tokens values ($1, $2)",
    ["s3cret\n    at a line of it\ns3cret hash", "Ada"],
    cause,
  );
  const text = linesOf((log) => {
    log.error({ err: failed, requestId: "req_1" }, "request failed");
    log.error({ err: new Error("outer", { cause: failed }) }, "request failed");
    log.info(
      { token: "s3cret", req: { headers: { authorization: "Bearer s3cret", cookie: "s3cret" } } },
      "seen",
    );
    log.child({ requestId: "req_2" }).warn({ body: { password: "s3cret" } }, "seen");
  });
  expect(text).not.toContain("s3cret");
  expect(text).not.toContain("Ada");
  expect(text).toContain("insert into api_tokens");
  expect(text).toContain("duplicate key value");
  expect(text).toContain("req_1");
  expect(text).toContain("log.test.ts");
  expect(text).toContain("[redacted]");
});
