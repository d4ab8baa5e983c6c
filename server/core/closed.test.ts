import { describe, expect, it } from "vitest";
import { z } from "zod";
import { closed } from "./closed";
import { isAppError } from "./errors";
import { nearestName } from "./unknown-fields";
import { parseInput } from "./verb";

const Item = z.object({ key: z.string(), value: z.string().optional() });
const Form = z
  .object({
    name: z.string(),
    memoryBytes: z.number().optional(),
    one: Item.optional(),
    many: z.array(Item).default([]),
    either: z.union([z.string(), Item, z.object({ only: z.number() })]).optional(),
    kind: z
      .discriminatedUnion("type", [
        z.object({ type: z.literal("a"), a: z.number().optional() }),
        z.object({ type: z.literal("b"), b: z.number().optional() }),
      ])
      .nullish(),
    both: z.intersection(z.object({ left: z.number() }), z.object({ right: z.number() })).optional(),
    list: z
      .preprocess((value) => (typeof value === "string" ? [{ key: value }] : value), z.array(Item))
      .optional(),
    pair: z.tuple([Item, z.number()]).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    named: z.record(z.string(), Item).optional(),
    foreign: z.looseObject({ id: z.string(), own: Item.optional() }).optional(),
    get parent(): z.ZodType {
      return Form.optional();
    },
  })
  .refine((value) => value.name !== "none", { path: ["name"], message: "is taken" });

function fieldsOf(input: unknown, schema: z.ZodType = Form): unknown {
  try {
    parseInput(closed(schema), input);
  } catch (error) {
    return isAppError(error) ? error.details?.fields : error;
  }
  return "accepted";
}

const good = { name: "a" };

describe("a field that a form does not know", () => {
  it.each([
    [{ ...good, colour: 1 }, "colour"],
    [{ ...good, one: { key: "a", colour: 1 } }, "one.colour"],
    [{ ...good, many: [{ key: "a" }, { key: "a", colour: 1 }] }, "many.1.colour"],
    [{ ...good, either: { key: "a", colour: 1 } }, "either.colour"],
    [{ ...good, either: { only: 1, colour: 1 } }, "either.colour"],
    [{ ...good, kind: { type: "b", a: 1 } }, "kind.a"],
    [{ ...good, both: { left: 1, right: 1, colour: 1 } }, "both.colour"],
    [{ ...good, list: [{ key: "a", colour: 1 }] }, "list.0.colour"],
    [{ ...good, pair: [{ key: "a", colour: 1 }, 1] }, "pair.0.colour"],
    [{ ...good, named: { any: { key: "a", colour: 1 } } }, "named.any.colour"],
    [{ ...good, foreign: { id: "a", own: { key: "a", colour: 1 } } }, "foreign.own.colour"],
    [{ ...good, parent: { name: "b", parent: { name: "c", colour: 1 } } }, "parent.parent.colour"],
  ])("%j is refused by its place", (input, place) => {
    expect(fieldsOf(input)).toEqual({ [place]: expect.stringContaining("is not known here") });
  });

  it.each([
    { ...good, one: { key: "a" }, either: "a", both: { left: 1, right: 1 }, list: "a" },
    { ...good, labels: { any: "a" }, named: { any: { key: "a" } }, foreign: { id: "a", more: { of: 1 } } },
    { ...good, kind: { type: "a", a: 1 }, parent: { name: "b" } },
  ])("%# is none where more is expected", (input) => {
    expect(fieldsOf(input)).toBe("accepted");
  });

  it("is refused together with all others, and beside what else is wrong", () => {
    expect(fieldsOf({ ...good, colour: 1, size: 2, one: {} })).toEqual({
      colour: expect.any(String),
      size: expect.any(String),
      "one.key": "is needed",
    });
  });

  it("is told with the name that was meant", () => {
    expect(fieldsOf({ ...good, memory_bytes: 1 })).toEqual({
      memory_bytes: "is not known here; did you mean memoryBytes?",
    });
    expect(fieldsOf({ ...good, one: { key: "a", vlaue: "b" } })).toEqual({
      "one.vlaue": "is not known here; did you mean value?",
    });
    expect(fieldsOf({ ...good, one: { key: "a", colour: "b" } })).toEqual({
      "one.colour": "is not known here; what is known: key, value",
    });
    expect(fieldsOf({ colour: 1 }, z.object({}))).toEqual({
      colour: "is not known here: nothing is asked for",
    });
  });

  it("leaves the form's other rules as they are", () => {
    expect(fieldsOf({ name: "none" })).toEqual({ name: "is taken" });
    expect(closed(Form)).toBe(closed(Form));
  });
});

it.each([
  ["memory", ["cpuMilli", "memoryBytes"], "memoryBytes"],
  ["timeLimit", ["timeLimitSeconds", "template"], "timeLimitSeconds"],
  ["TEAM_ID", ["teamId", "team"], "teamId"],
  ["image", ["name", "env", "inputs"], undefined],
  ["x", ["name"], undefined],
  ["__", ["name"], undefined],
])("%s among %j means %s", (given, names, meant) => {
  expect(nearestName(given, names)).toBe(meant);
});
