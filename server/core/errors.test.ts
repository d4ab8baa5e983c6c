import { expect, test } from "vitest";
import { AppError, toPublicError } from "./errors";

const errorWith = (properties: object, cause?: unknown) =>
  Object.assign(new Error("select secret from t", { cause }), properties);

test("a database that is away asks for patience, and shows nothing of the query", () => {
  const cause = errorWith({ code: "57P01" });
  const shown = toPublicError(errorWith({}, cause), "req_1");
  expect(shown).toMatchObject({ code: "unavailable", requestId: "req_1" });
  expect(JSON.stringify(shown)).not.toContain("secret");
});

test("any other unknown error shows its request id and nothing else", () => {
  const shown = toPublicError(errorWith({ code: "23505" }), "req_2");
  expect(shown).toMatchObject({ code: "internal", hint: expect.stringContaining("req_2") });
  expect(JSON.stringify(shown)).not.toContain("secret");
});

test("an expected failure is told in its own words", () => {
  expect(toPublicError(new AppError("conflict", "Too late.", { hint: "Reload." }), "req_3")).toMatchObject({
    code: "conflict",
    message: "Too late.",
    hint: "Reload.",
  });
});
