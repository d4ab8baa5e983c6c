import type { ComponentProps } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { ServedByPanel } from "./served-by-panel";

type Version = ComponentProps<typeof ServedByPanel>["version"];

/** What a reader of the page finds in its facts. */
function factsOf(signature: Version["contract"]["signature"]): Record<string, string> {
  const version: Version = {
    manifestDigest: "sha256:00",
    contract: { signature },
    servedBy: {
      runtime: "python",
      words: "MLflow, in Python 3.12",
      trial: null,
      ownCode: [],
      lockDigest: null,
      packages: [],
    },
  };
  const html = renderToStaticMarkup(<ServedByPanel version={version} />);
  const text = (part = "") =>
    part
      .replaceAll("</li>", ". ")
      .replaceAll(/<[^>]*>/g, "")
      .trim();
  return Object.fromEntries(
    [...html.matchAll(/<dt[^>]*>(.*?)<\/dt><dd[^>]*>(.*?)<\/dd>/g)].map(([, label, value]) => [
      text(label),
      text(value),
    ]),
  );
}
const column = (name: string, optional?: boolean) => ({
  name,
  datatype: "FP64",
  shape: [null, 1],
  ...(optional === undefined ? {} : { optional }),
});
const NONE = { inputs: [], outputs: [] };

it("says which parameters a request may set, of what type, and what counts without them", () => {
  const parameters = [
    { name: "temperature", type: "double", isList: false, default: "0.2" },
    { name: "stop", type: "string", isList: true, default: '["."]' },
    { name: "timeout", type: "long", isList: false, default: "7" },
  ];
  expect(factsOf({ ...NONE, parameters })).toMatchObject({
    Parameters: [
      "temperature, double, 0.2 where a request says nothing.",
      "stop, list of string, [&quot;.&quot;] where a request says nothing.",
      "timeout, long, 7 always: in a request this name means something else.",
    ].join(" "),
  });
});

it("names the columns that a request may leave out, and only those", () => {
  const inputs = [column("age"), column("bmi", true), column("bp", false), column("sex", true)];
  expect(factsOf({ ...NONE, inputs })).toMatchObject({ "May be left out": "bmi, sex" });
});

it("speaks of neither where there is nothing to choose", () => {
  for (const signature of [null, { ...NONE, inputs: [column("age")] }, { ...NONE, parameters: [] }])
    expect(Object.keys(factsOf(signature))).toEqual(["Runs in", "Trial"]);
});
