import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { curlOf, pythonBody, pythonOf, pythonRow } from "./infer-request";

const row = { name: "features", datatype: "FP32", shape: [-1, 3] };
const image = { name: "it's an image", datatype: "UINT8", shape: ["N", 28, 28] };
const flags = { name: "y_true", datatype: "BOOL", shape: [-1, 2] };

/** The body that a shell would hand to curl. */
function sentBy(command: string): unknown {
  const echo = command
    .replace(/curl -sS "[^"]*" \\\n.*\\\n {2}-d @-/, "cat")
    .replace(/^curl[^]*-d /, "printf %s ");
  return JSON.parse(execFileSync("bash", ["-c", echo], { encoding: "utf8" }));
}

describe("a request to copy", () => {
  it.each([
    ["a row", [row, flags]],
    ["an image", [image]],
  ])("holds as many values as its shape says: %s", (_what, inputs) => {
    const sent = sentBy(curlOf("http://127.0.0.1:8080/v2/models/m/infer", inputs));
    expect(sent).toEqual({
      inputs: inputs.map(({ name, datatype }) => expect.objectContaining({ name, datatype })),
    });
    for (const { shape, data } of (sent as { inputs: { shape: number[]; data: unknown[] }[] }).inputs) {
      expect(data).toHaveLength(shape.reduce((product, size) => product * size, 1));
    }
  });

  it("is the same by Python, where names keep their letters", () => {
    const printed = execFileSync(
      "python3",
      ["-c", `import json; print(json.dumps(${pythonBody([flags, image])}))`],
      {
        encoding: "utf8",
      },
    );
    expect(JSON.parse(printed).inputs[0]).toEqual({
      name: "y_true",
      shape: [1, 2],
      datatype: "BOOL",
      data: [true, true],
    });
    expect(pythonOf({ a: [null, false, "true"] })).toBe('{"a": [None, False, "true"]}');
  });

  it("names the values of a row where the contract names them, and sends them in that order", () => {
    const inputs = [{ ...row, shape: [-1, 2], featureNames: ["age", "bmi of it's owner"] }];
    const code = `import json\n${pythonRow(inputs)}print(json.dumps([row, ${pythonBody(inputs, true)}]))`;
    const [named, body] = JSON.parse(
      execFileSync("python3", ["-c", code], { encoding: "utf8" }),
    ) as unknown[];
    expect(named).toEqual({ age: 0.5, "bmi of it's owner": 0.5 });
    expect(body).toEqual({
      inputs: [{ name: "features", shape: [1, 2], datatype: "FP32", data: [0.5, 0.5] }],
    });
    // What curl sends needs no row beside it.
    expect(sentBy(curlOf("http://127.0.0.1/", inputs))).toEqual(body);
  });

  it("leaves a row out where names and values do not fit", () => {
    expect(pythonRow([{ ...row, featureNames: ["age"] }])).toBe("");
  });
});
