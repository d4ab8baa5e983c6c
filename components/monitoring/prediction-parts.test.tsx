import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { Exchange } from "./prediction-parts";

const tensors = (name: string) => [{ name, datatype: "FP32", shape: [1], data: [1] }];

/** What is under each heading, in order. */
function shown(parameters: unknown): [heading: string, text: string][] {
  const html = renderToStaticMarkup(
    <Exchange prediction={{ inputs: tensors("age"), parameters, outputs: tensors("risk") }} />,
  );
  return html
    .split("<h3")
    .slice(1)
    .map((part) => {
      const [, heading = "", body = ""] = /^[^>]*>(.*?)<\/h3>(.*)$/s.exec(part) ?? [];
      return [heading, body.replaceAll(/<[^>]*>/g, "").replaceAll("&quot;", '"')];
    });
}

it("shows what a request set of the model's parameters between what it asked and what was answered", () => {
  const [asked, set, answered, ...rest] = shown({ temperature: 0.2, stop: ["."] });
  expect([asked?.[0], asked?.[1]]).toEqual(["Inputs", expect.stringContaining('"age"')]);
  expect(set?.[0]).toBe("Parameters");
  expect(JSON.parse(set?.[1] ?? "")).toEqual({ temperature: 0.2, stop: ["."] });
  expect([answered?.[0], answered?.[1]]).toEqual(["Outputs", expect.stringContaining('"risk"')]);
  expect(rest).toEqual([]);
});

it("says nothing of parameters where a request set none", () => {
  expect(shown(null).map(([heading]) => heading)).toEqual(["Inputs", "Outputs"]);
});
