import { expect, it } from "vitest";
import { differencesOf } from "./compare";
import type { Fact } from "./version-facts";

const facts = (...list: Fact[]) => new Map(list.map((fact) => [`${fact.group}\n${fact.label}`, fact]));

it("says a difference in words and keeps its digests behind them", () => {
  const old = facts(
    { group: "Files", label: "Model file", value: "model.onnx", digest: "sha256:a" },
    { group: "Parameters", label: "depth", value: "4" },
    { group: "Metrics", label: "auc", value: "0.81 on 500 rows" },
    { group: "Data", label: "loans", value: "version 2, as train", digest: "sha256:x" },
  );
  const now = facts(
    { group: "Files", label: "Model file", value: "model.onnx", digest: "sha256:b" },
    { group: "Parameters", label: "depth", value: "6" },
    { group: "Metrics", label: "auc", value: "0.81 on 500 rows" },
    { group: "Data", label: "loans", value: "version 3, as train", digest: "sha256:y" },
  );
  expect(differencesOf(old, now)).toEqual([
    { group: "Parameters", label: "depth", before: "4", after: "6" },
    {
      group: "Data",
      label: "loans",
      before: "version 2, as train",
      after: "version 3, as train",
      digests: { before: "sha256:x", after: "sha256:y" },
    },
    {
      group: "Files",
      label: "Model file",
      before: "model.onnx",
      after: "model.onnx, with other content",
      digests: { before: "sha256:a", after: "sha256:b" },
    },
  ]);
});

it("shows everything as new when nothing was approved before, and nothing when nothing changed", () => {
  const now = facts({ group: "Card", label: "Summary", value: "Scores loans." });
  expect(differencesOf(new Map(), now)).toEqual([
    { group: "Card", label: "Summary", before: null, after: "Scores loans." },
  ]);
  expect(differencesOf(now, now)).toEqual([]);
});
