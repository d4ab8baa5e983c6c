import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

  it("are no lock where only words look like hashes", () => {
    expect(() => read({ pip: 'six ; os_name != "--hash=sha256:"\n' })).toThrow(NoEnvironment);
    const conda = `dependencies:\n- pip:\n  - "six #${HASH}"\n`;
    expect(read({ conda })).toMatchObject({ text: "six\n", isLock: false });
    expect(() => read({ pip: "six==1.17.0 --hash=sha256:aa\n" })).toThrow(NoEnvironment);
  });

  it("may have markers, extras and several versions, and comments that end in a backslash", () => {
    const lines = [
      "Scikit-Learn [all, tests] >=1.2,<2,!=1.3.* ; python_version >= '3.9' and (os_name == \"posix\" or extra == 'a-b')",
      "torch==2.1.0+cu118",
      "pandas (>=1!2.0)",
      "x~=1.0;sys_platform=='linux'",
    ];
    expect(read({ pip: `# a note \\\n${lines.join("\r\n")}` }).text).toBe(`${lines.join("\n")}\n`);
  });

  it.each(["\r", "\v", "\f", "\x1C", "\x1D", "\x1E", "\x85", "\u2028", "\u2029"])(
    "are refused where %j could end a line for pip",
    (end) => expect(() => read({ pip: `six${end}-r other.txt\n` })).toThrow(NoEnvironment),
  );

  it.each([
    ["an option in conda's list", { conda: 'dependencies: [{pip: ["six\\n-r other.txt"]}]' }],
    ["a variable", { pip: "six ; x${PIP_INDEX_URL}\n" }],
    ["a variable as a name", { pip: "x${PIP_INDEX_URL}\n" }],
    ["a path", { pip: "six/../other\n" }],
    ["an option of the build", { pip: "six --config-settings=a=b\n" }],
    ["an option behind a marker", { pip: "six ; os_name != 'a' -r other.txt\n" }],
    ["letters that look like others", { pip: "ѕix==1.17.0\n" }],
  ])("are refused when they hold %s", (_what, files) => {
    expect(() => read(files)).toThrow(NoEnvironment);
  });

  it("need a Python that the model names", () => {
    expect(() => read({ pip: "six\n" }, null)).toThrow(/which Python/);
  });
});

const PIP = `
import json, sys
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
session = PipSession()
def of(name):
    return [[r.requirement.strip(), sorted(r.options or {}), r.is_editable] for r in parse_requirements(name, session=session)]
json.dump([of(name) for name in json.load(sys.stdin)], sys.stdout)`;

/** The same on every run. */
function* randomTexts(count: number) {
  const words = [
    "six",
    "==1.0",
    "\n",
    "\n",
    " ",
    "\\\n",
    "-r other.txt",
    "--index-url=x",
    "-e .",
    "${SECRET}",
  ];
  const marks = "abc-_.=<>!~;,#\\/$@'\"[]() \t\n\r\f\v\x1C\x85\u2028".split("");
  const parts = [...words, " #", "; os_name", ` ${HASH}`, ...marks];
  let seed = 7;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let n = 0; n < count; n += 1)
    yield `six==1.0${Array.from({ length: 1 + next(5) }, () => parts[next(parts.length)]).join("")}`;
}

describe("what is taken of requirements", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "requirements-"));
    // With a pip of its own: a system's Python may have none.
    execFileSync("python3", ["-m", "venv", path.join(folder, "env")]);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is to pip one package a line, with no option but hashes", () => {
    writeFileSync(path.join(folder, "other.txt"), "foreign\n");
    const taken = [...randomTexts(3_000)].flatMap((pip) => {
      try {
        return [read({ pip })];
      } catch {
        return [];
      }
    });
    expect(taken.length).toBeGreaterThan(200);
    const names = taken.map(({ text }, n) => {
      writeFileSync(path.join(folder, `${n}.txt`), text);
      return `${n}.txt`;
    });
    const { stdout, stderr } = spawnSync(path.join(folder, "env", "bin", "python"), ["-c", PIP], {
      cwd: folder,
      input: JSON.stringify(names),
      env: { ...process.env, SECRET: "secret" },
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const hashes = (line: string) => (line.includes(" --hash=") ? ["hashes"] : []);
    expect(JSON.parse(stdout)).toEqual(
      taken.map(({ text }) =>
        text
          .trimEnd()
          .split("\n")
          .map((line) => [line.split(/[ \t]+--hash/)[0]?.trim(), hashes(line), false]),
      ),
    );
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
