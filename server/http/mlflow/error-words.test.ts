import { describe, expect, test } from "vitest";
import { invalid, invalidField, toPublicError } from "@/server/core/errors";
import { parseInput } from "@/server/core/verb";
import { CreateRunInput, LogBatchInput, MetricValue, SearchRunsInput } from "@/server/experiments/schemas";
import { messageInWords } from "./error-words";

function refusal(act: () => unknown) {
  try {
    act();
  } catch (error) {
    return toPublicError(error, "req_test");
  }
  throw new Error("was not refused");
}

describe("the protocol's words for a refused value", () => {
  test("name the client's parameter and value, also of an rpc that logs one thing", () => {
    const error = refusal(() =>
      parseInput(LogBatchInput, { runId: "r", metrics: [{ key: "a", value: "abc", timestamp: 1 }] }),
    );
    expect(messageInWords(error, { key: "a", value: "abc", timestamp: 1 })).toBe(
      "Invalid value \"abc\" for parameter 'value' supplied: must be a number.",
    );
    const sent = { metrics: [{ key: "a", value: "abc", timestamp: 1 }] };
    expect(messageInWords(error, sent)).toContain("Invalid value \"abc\" for parameter 'metrics[0].value'");
  });

  test.each([
    [
      SearchRunsInput,
      { maxResults: 60_000 },
      { max_results: 60_000 },
      "Invalid value 60000 for parameter 'max_results'",
    ],
    [
      CreateRunInput,
      { startMs: "x" },
      { start_time: "x" },
      "Invalid value \"x\" for parameter 'start_time' supplied",
    ],
    [CreateRunInput, { experimentId: "q" }, { experiment_id: "q" }, "for parameter 'experiment_id' supplied"],
  ])("%# translate our names", (schema, input, params, words) => {
    expect(
      messageInWords(
        refusal(() => parseInput(schema, input)),
        params,
      ),
    ).toContain(words);
  });

  test.each([
    [{ metrics: 1001 }, "at most 1000 metrics. Got 1001 metrics."],
    [{ params: 101 }, "at most 100 params. Got 101 params."],
    [{ tags: 101 }, "at most 100 tags. Got 101 tags."],
    [
      { metrics: 950, params: 60 },
      "at most 1000 metrics, params, and tags. Got 1010 metrics, params, and tags.",
    ],
  ])("say how much of %j is too much", (counts, words) => {
    const items = (count = 0) =>
      Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value: "1", timestamp: 1 }));
    const { metrics, params, tags } = counts as { metrics?: number; params?: number; tags?: number };
    const input = { runId: "r", metrics: items(metrics), params: items(params), tags: items(tags) };
    const message = messageInWords(
      refusal(() => parseInput(LogBatchInput, input)),
      {},
    );
    expect(message).toMatch(/^A batch logging request can contain at most \d+/);
    expect(message).toContain(words);
  });

  test("leave other errors as they are, with their next step", () => {
    const changed = refusal(() => {
      throw invalid("Changing param values is not allowed", "Log another key.", {
        fields: { "params.p": "changed" },
      });
    });
    expect(messageInWords(changed, {})).toBe("Changing param values is not allowed. Log another key.");
    const field = refusal(() => {
      throw invalidField("path", "is not a valid path", "Give another.");
    });
    expect(messageInWords(field, { path: "../x" })).toBe(
      "Invalid value \"../x\" for parameter 'path' supplied: is not a valid path.",
    );
  });
});

describe("a metric's value", () => {
  test.each([
    [1.5, 1.5],
    ["2e3", 2000],
    ["Infinity", Number.MAX_VALUE],
    ["-inf", -Number.MAX_VALUE],
    ["NaN", Number.NaN],
  ])("%s is taken", (sent, stored) => expect(MetricValue.parse(sent)).toBe(stored));
  test.each(["abc", "", " ", "1,5", "0x10", null, true])("%s is refused", (sent) =>
    expect(MetricValue.safeParse(sent).success).toBe(false),
  );
});
