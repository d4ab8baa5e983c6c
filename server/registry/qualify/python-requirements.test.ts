import { describe, expect, it } from "vitest";
import { parseMlmodel } from "./mlmodel";
import { NoEnvironment, readRequirements } from "./python-requirements";

const read = (files: Partial<Parameters<typeof readRequirements>[0]>, version: string | null = "3.12") =>
  readRequirements({ pip: undefined, conda: undefined, pythonEnv: undefined, ...files }, version);
const HASH = `--hash=sha256:${"a".repeat(64)}`;

describe("the packages of a model", () => {
  it("are those of requirements.txt, without comments", () => {
    expect(read({ pip: "# by MLflow\nmlflow==3.17.2\n\npandas[excel]==3.1.1  # tables\n" })).toEqual({
      text: "mlflow==3.17.2\npandas[excel]==3.1.1\n",
      python: "3.12",
      isLock: false,
    });
  });

  it("are a lock where every one has its hashes", () => {
    const lock = `six==1.17.0 \\\n    ${HASH} \\\n    ${HASH}\n`;
    expect(read({ pip: lock }).isLock).toBe(true);
    expect(read({ pip: `${lock}pandas==3.1.1\n` }).isLock).toBe(false);
  });

  it("are those that pip installs by conda.yaml where there is nothing else", () => {
    const conda = "dependencies:\n- python=3.11.7\n- pip<=24\n- pip:\n  - mlflow==3.17.2\nname: env\n";
    expect(read({ conda }, null)).toEqual({ text: "mlflow==3.17.2\n", python: "3.11", isLock: false });
    expect(read({ pip: "six==1.17.0\n", pythonEnv: "python: 3.10.4\n" }, null).python).toBe("3.10");
  });

  it.each([
    ["another index", { pip: "--extra-index-url https://example.org/simple\nsix\n" }, /--extra-index-url/],
    ["another file", { pip: "-r more.txt\n" }, /-r more\.txt/],
    ["an address", { pip: "six @ https://example.org/six.whl\n" }, /six @/],
    ["a folder", { pip: "./wheels/six.whl\n" }, /wheels/],
    [
      "conda's packages",
      { conda: "dependencies: [python=3.11, cudatoolkit=11]\n" },
      /cudatoolkit=11 from conda/,
    ],
    ["nothing", {}, /without requirements\.txt/],
    ["what is no YAML", { conda: "dependencies: [\n" }, /cannot be read/],
  ])("are refused in words when they name %s", (_what, files, words) => {
    expect(() => read(files)).toThrow(NoEnvironment);
    expect(() => read(files)).toThrow(words);
  });

  it("need a Python that the model names", () => {
    expect(() => read({ pip: "six\n" }, null)).toThrow(/which Python/);
  });
});

describe("an MLmodel file", () => {
  it("names its loader, its Python and its signature", () => {
    const text = [
      "flavors:",
      "  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}",
      "  sklearn: {pickled_model: model.pkl}",
      "signature:",
      '  inputs: \'[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]\'',
      '  outputs: \'[{"type": "array", "items": {"type": "double"}, "name": "list"}, {"type": "float", "name": "x"}]\'',
    ].join("\n");
    expect(parseMlmodel(text)).toEqual({
      flavours: ["python_function", "sklearn"],
      python: { loader: "mlflow.sklearn", version: "3.11" },
      signature: {
        inputs: [{ name: "input-0", datatype: "FP64", shape: [-1, 3] }],
        outputs: [
          { name: "list", datatype: "BYTES", shape: [-1, 1] },
          { name: "x", datatype: "FP32", shape: [-1, 1] },
        ],
      },
    });
  });

  it("takes a type that it does not know for texts, also one that every object has", () => {
    const text = [
      "flavors: {python_function: {loader_module: a}}",
      "signature:",
      '  inputs: \'[{"type": "constructor"}, {"type": "tensor", "tensor-spec": {"dtype": "toString", "shape": [-1]}}]\'',
      "  outputs: '[]'",
    ].join("\n");
    expect(parseMlmodel(text)?.signature?.inputs.map(({ datatype }) => datatype)).toEqual(["BYTES", "BYTES"]);
  });

  it("is none without a mapping, and has no signature that it does not name whole", () => {
    expect(parseMlmodel("[1, 2]")).toBeUndefined();
    expect(parseMlmodel("a: [")).toBeUndefined();
    const text = "flavors: {python_function: {loader_module: a}}\nsignature: {inputs: '[]', outputs: null}";
    expect(parseMlmodel(text)).toMatchObject({ python: { version: null }, signature: null });
  });
});
