import fs from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { fieldsOf, withField } from "./policy-text";

const folder = new URL("../../server/governance/policies/", import.meta.url);

const Document = z.looseObject({ spec: z.looseObject({}) });

test.each(fs.readdirSync(folder))(
  "a field of %s is set before its rules, and nothing else changes",
  (file) => {
    const text = fs.readFileSync(new URL(file, folder), "utf8");
    expect(fieldsOf(text)).toEqual({ grace: "7d", onFallOut: "hold" });
    const edited = withField(withField(text, "grace", "2d"), "onFallOut", "stop");
    expect(fieldsOf(edited)).toEqual({ grace: "2d", onFallOut: "stop" });
    expect(edited).toMatch(/\n {2}grace: 2d\n {2}onFallOut: stop\n {2}rules:\n/);
    const before = Document.parse(parse(text));
    expect(parse(edited)).toEqual({ ...before, spec: { ...before.spec, grace: "2d", onFallOut: "stop" } });
    for (const comment of text.split("\n").filter((line) => line.trim().startsWith("#")))
      expect(edited).toContain(comment);
    expect(withField(edited, "grace", "0")).toMatch(/\n {2}grace: "?0"?\n/);
  },
);

test("a text that is no YAML has no fields", () => {
  expect(fieldsOf("spec: [")).toBeUndefined();
});
