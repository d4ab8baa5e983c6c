import { describe, expect, it } from "vitest";
import { bytesSource, scanFile } from "./index";

const latin = (source: string) => Buffer.from(source, "latin1");
const short = (value: string) => `\x8c${String.fromCharCode(value.length)}${value}`;
const from = (module: string, name: string) => `c${module}\n${name}\n`;
const size = (value: number) => `${String.fromCharCode(value)}\0\0\0`;
const scan = (source: string, path: string) => scanFile(bytesSource(latin(source)), { path });

/** A dtype that is rebuilt with a state of the test's choice. */
const dtype = (name: string, { bytes = "J\xff\xff\xff\xff", names = "N", fields = "N", flags = 0 } = {}) =>
  `${from("numpy", "dtype")}(${short(name)}\x89\x88tR(K\x03${short("|")}N${names}${fields}${bytes}J\xff\xff\xff\xffK${String.fromCharCode(flags)}tb`;
const STAND_IN = from("joblib.numpy_pickle", "NumpyArrayWrapper");
const PAYLOAD = "N0cos\nsystem\n(S'id'\ntR0N.";
/** Read as opcodes, it drops one item and holds a byte string; joblib takes its first bytes for numbers and runs the rest. */
const RAW = `0B${size(PAYLOAD.length)}`;
const description = (bytes: number, more = "") =>
  `}(${short("subclass")}${from("numpy", "ndarray")}${short("shape")}K${String.fromCharCode(bytes)}\x85${short("order")}${short("C")}${short("dtype")}${dtype("u1")}${short("allow_mmap")}\x89${more}ub`;

describe("pickles that joblib reads in another way than the plain unpickler", () => {
  it.each([
    ["_reconstructor", `${from("copyreg", "_reconstructor")}(${STAND_IN}${from("builtins", "object")}NtR`],
    ["newObj", `${from("sklearn.neighbors._kd_tree", "newObj")}(${STAND_IN}tR`],
    [
      "_mareconstruct",
      `${from("numpy.ma.core", "_mareconstruct")}(${STAND_IN}${from("numpy", "ndarray")}K\x01\x85${short("u1")}tR`,
    ],
  ])("a stand-in for an array made by %s fails", async (_, made) => {
    const result = await scan(`\x80\x03${made}${description(RAW.length)}${RAW}${PAYLOAD}.`, "a.joblib");
    expect(result.verdict).toBe("fail");
    expect(result.findings.map((one) => one.code)).toContain("pickle.stand-in");
  });

  it("an alignment of False, behind which padding follows, fails", async () => {
    const more = `${short("numpy_array_alignment_bytes")}\x89`;
    const stream = `\x80\x03${STAND_IN})\x81${description(2, more)}\x05X${RAW}${PAYLOAD}.`;
    expect(await scan(stream, "a.joblib")).toMatchObject({ verdict: "fail" });
  });

  it("arguments that the file computes fail", async () => {
    const args = `${from("builtins", "tuple")}]${STAND_IN}a\x85R`;
    const { verdict, findings } = await scan(
      `\x80\x02${from("sklearn.neighbors._kd_tree", "newObj")}${args}R.`,
      "a.pkl",
    );
    expect(verdict).toBe("fail");
    expect(findings.map((one) => one.code)).toContain("pickle.computed-arguments");
  });
});

describe("what a pickle makes allowed names do", () => {
  const fields = `}${short("a")}${dtype("O8", { flags: 63 })}K\0\x86s`;
  const lying = dtype("V8", { bytes: `J${size(8)}`, names: `${short("a")}\x85`, fields, flags: 0 });
  const honest = dtype("V8", { bytes: `J${size(8)}`, names: `${short("a")}\x85`, fields, flags: 27 });
  const array = (type: string) =>
    `\x80\x03${from("numpy._core.multiarray", "scalar")}${type}C\x08AAAAAAAA\x86R.`;

  it("goes to people when numbers would become objects", async () => {
    const { verdict, findings } = await scan(array(lying), "a.pkl");
    expect(verdict).toBe("indeterminate");
    expect(findings.map((one) => one.code)).toEqual(["pickle.array-type"]);
    expect(await scan(array(`${honest}N(tb`), "a.pkl")).not.toMatchObject({ verdict: "pass" });
    expect(await scan(array(honest), "a.pkl")).toMatchObject({ verdict: "pass" });
  });

  it.each([
    [
      "_reconstructor",
      `${from("copyreg", "_reconstructor")}(${from("numpy", "matrix")}${from("numpy", "matrix")}${short("1")}tR`,
      "numpy.matrix",
    ],
    [
      "__generator_ctor",
      `${from("numpy.random._pickle", "__generator_ctor")}(${short("x")}${from("numpy", "mean")}tR`,
      "numpy.mean",
    ],
  ])("goes to people when %s calls another import", async (_, call, name) => {
    const { verdict, findings } = await scan(`\x80\x02${call}.`, "a.pkl");
    expect(verdict).toBe("indeterminate");
    expect(findings).toMatchObject([
      { code: "pickle.called-class", message: expect.stringContaining(name) as string },
    ]);
  });

  it("fails when a later pickle names what an earlier one remembered", async () => {
    const first = `\x80\x04${short("os")}\x94${short("system")}\x94\x86.`;
    const second = `\x80\x04${short("collections")}\x94${short("OrderedDict")}\x9400h\x00h\x01\x93)R.`;
    const { verdict, findings } = await scan(first + second, "a.pkl");
    expect(verdict).toBe("fail");
    expect(JSON.stringify(findings)).toContain("os.system");
  });
});

describe("numbers that take long to read", () => {
  it.each(["I", "L", "F", "Np"])("%s followed by very many spaces or digits", async (opcode) => {
    const stretch = 3_000_000;
    for (const body of [`1${" ".repeat(stretch)}1`, "9".repeat(stretch)]) {
      const { verdict } = await scan(`${opcode}${body}\n0cos\nsystem\n(tR.`, "a.pkl");
      expect(verdict).toBe("fail");
    }
  });
});
