import type { FieldValues, UseFormSetError } from "react-hook-form";
import { describe, expect, it } from "vitest";
import { applyServerError } from "./server-errors";

function told(error: unknown): Record<string, string> {
  const messages: Record<string, string> = {};
  const setError: UseFormSetError<FieldValues> = (name, { message }) => {
    messages[name] = message ?? "";
  };
  applyServerError(error, setError, ["name", "slug"], { weeks: "slug" });
  return messages;
}

describe("applyServerError", () => {
  it("tells the hint of a conflict once, at its field", () => {
    const error = {
      code: "conflict",
      message: "There is such a dataset.",
      hint: "Choose another name.",
      details: { fields: { name: ["is taken"] } },
    };
    expect(told(error)).toEqual({
      name: "is taken: Choose another name.",
      "root.server": "There is such a dataset.",
    });
  });

  it("tells what belongs to no field of the form above it, with the hint", () => {
    const error = { code: "conflict", message: "The quota is used up.", hint: "Ask for more." };
    expect(told(error)).toEqual({ "root.server": "The quota is used up. Ask for more." });
  });

  it("puts a stop, not a colon, between a sentence and its hint", () => {
    const error = {
      code: "invalid",
      message: "name: The host is not allowed.",
      hint: "Ask the operator.",
      details: { fields: { name: ["The host is not allowed."] } },
    };
    expect(told(error)).toEqual({ name: "The host is not allowed. Ask the operator." });
  });

  it("tells each wrong field once, under the name that the form has for it, and what is wrong with the whole", () => {
    const error = {
      code: "invalid",
      message: "name: is empty",
      hint: "Correct the named fields and try again.",
      details: { fields: { name: ["is empty"], weeks: ["is at least 1"], input: ["Name one of them."] } },
    };
    expect(told(error)).toEqual({
      name: "is empty",
      slug: "is at least 1",
      "root.server": "Name one of them.",
    });
  });

  it("tells an input error at its fields alone", () => {
    const error = {
      code: "invalid",
      message: "Wrong.",
      hint: "Use a-z.",
      details: { fields: { slug: ["has spaces"] } },
    };
    expect(told(error)).toEqual({ slug: "has spaces: Use a-z." });
  });
});
