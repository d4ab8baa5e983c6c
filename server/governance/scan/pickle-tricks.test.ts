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

  it("numbers that would change a later array, were they opcodes, change nothing", async () => {
    // The memo holds the second array's description, to which the first array's numbers would give another size.
    const first = `0h\x01${short("shape")}K\x00\x85s.`;
    const kept = `}q\x01${description(RAW.length).slice(1, -1)}0`;
    const stream = `\x80\x04${kept}${STAND_IN})\x81${description(first.length)}${first}0${STAND_IN})\x81h\x01b${RAW}${PAYLOAD}.`;
    const { findings } = await scan(stream, "a.joblib");
    expect(findings.map((one) => one.message).join()).toContain("os.system");
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

  const V16 = { bytes: `J${size(16)}`, flags: 27 };
  const object = dtype("O8", { flags: 63 });
  it.each([
    [
      "its flags leave out that references are counted",
      dtype("V8", { bytes: `J${size(8)}`, names: `${short("a")}\x85`, fields, flags: 26 }),
    ],
    [
      "its flags leave out that fields begin as None",
      dtype("V8", { bytes: `J${size(8)}`, names: `${short("a")}\x85`, fields, flags: 19 }),
    ],
    ["numbers have a flag of objects", dtype("f8", { flags: 2 })],
    [
      "numbers lie on objects",
      dtype("V16", {
        ...V16,
        names: `(${short("a")}${short("b")}t`,
        fields: `}(${short("a")}${object}K\0\x86${short("b")}${dtype("i8")}K\x04\x86u`,
      }),
    ],
    [
      "a field that is not named is there",
      dtype("V16", {
        ...V16,
        names: `${short("a")}\x85`,
        fields: `}(${short("a")}${object}K\0\x86${short("b")}${dtype("i8")}K\x08\x86u`,
      }),
    ],
  ])("goes to people when %s", async (_, type) => {
    const { verdict, findings } = await scan(`\x80\x02${type}.`, "a.pkl");
    expect(verdict).toBe("indeterminate");
    expect(findings.map((one) => one.code)).toEqual(["pickle.array-type"]);
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

describe("attributes that a pickle gives an object", () => {
  const object = `${from("argparse", "Namespace")})\x81`;
  const pair = `${short("__class__")}${from("argparse", "Namespace")}\x86`;
  const call = (name: string, ...args: string[]) => `${from("builtins", name)}(${args.join("")}tR`;
  const decoded = `${from("builtins", "str")}(C\x09__class__${short("ascii")}tR`;

  it.each([
    ["dict of a list", call("dict", `]${pair}a`), "indeterminate"],
    ["dict of a list that is called", call("dict", call("list", `]${pair}a`)), "indeterminate"],
    ["dict of a set", call("dict", call("set", `]${pair}a`)), "indeterminate"],
    ["the second part of a state", `N${call("dict", `]${pair}a`)}\x86`, "indeterminate"],
    ["an ordered dictionary of a list", `${from("collections", "OrderedDict")}(]${pair}atR`, "indeterminate"],
    ["a default dictionary", `${from("collections", "defaultdict")})R${pair.slice(0, -1)}s`, "indeterminate"],
    ["a list of pairs", `]${pair}a`, "indeterminate"],
    ["a key that a call gives back", `}${decoded}Ns`, "indeterminate"],
    ["a key that a call gives back, in the second part", `N}${decoded}Ns\x86`, "indeterminate"],
    ["a tuple of pairs", `${pair}\x85`, "fail"],
    ["an empty dictionary that is called", `${call("dict")}${pair.slice(0, -1)}s`, "fail"],
    ["an ordered dictionary", `${from("collections", "OrderedDict")})R${pair.slice(0, -1)}s`, "fail"],
    ["a dictionary with attributes", `${from("collections", "OrderedDict")})R}${short("items")}Nsb`, "fail"],
    ["a dictionary", `}${pair.slice(0, -1)}s`, "fail"],
    ["an honest ordered dictionary", `${from("collections", "OrderedDict")})R${short("a")}Ns`, "pass"],
    ["a description of the class", `}${short("__doc__")}${short("text")}s`, "pass"],
  ])("by %s", async (_, state, verdict) => {
    const result = await scan(`\x80\x02${object}${state}b.`, "a.pkl");
    expect(result.verdict, JSON.stringify(result.findings)).toBe(verdict);
    if (verdict === "fail") expect(result.findings.map((one) => one.code)).toEqual(["pickle.sets-special"]);
    if (verdict === "indeterminate") expect(JSON.stringify(result.findings)).toContain("computed-state");
  });
});

describe("an object that numpy hands through", () => {
  const scalar = (module: string, type: string) =>
    `${from(module, "scalar")}(${type}${from("argparse", "Namespace")}tRN}${short("a")}Ns\x86b`;

  it.each([
    ["a type of objects", "numpy._core.multiarray", dtype("O8", { flags: 63 })],
    ["one without a state", "numpy.core.multiarray", `${from("numpy", "dtype")}(${short("O")}tR`],
    ["one under another name", "numpy.core.multiarray", `${from("numpy", "dtype")}(${short("object")}tR`],
    [
      "a class for a type",
      "numpy.core.multiarray",
      `${from("numpy", "dtype")}(${from("builtins", "object")}tR`,
    ],
  ])("by %s", async (_, module, type) => {
    const result = await scan(`\x80\x02${scalar(module, type)}.`, "a.pkl");
    expect(result.verdict, JSON.stringify(result.findings)).toBe("fail");
    expect(JSON.stringify(result.findings)).toContain("object-scalar");
  });

  it("and attributes that torch sets fail or go to people as those of BUILD do", async () => {
    const set = (state: string) =>
      `\x80\x02${from("torch._utils", "_rebuild_parameter_with_state")}(N\x89N${state}tR.`;
    expect(await scan(set(`}${short("__class__")}Ns`), "a.pkl")).toMatchObject({ verdict: "fail" });
    const computed = `${from("builtins", "dict")}(]tR`;
    expect(await scan(set(computed), "a.pkl")).toMatchObject({ verdict: "indeterminate" });
    expect(await scan(set(`}${short("a")}Ns`), "a.pkl")).toMatchObject({ verdict: "pass" });
  });
});

describe("an object that is filled", () => {
  const made = `${from("argparse", "Namespace")})\x81`;
  const own = (name: string) => `${from("builtins", name)})R`;

  it.each([
    ["an object's own append", `${made}Na`],
    ["an object's own extend", `${made}(Ne`],
    ["an object's own add", `${made}(N\x90`],
    ["an object's own items", `${made}${short("a")}Ns`],
    ["several items of an object", `${made}(${short("a")}Nu`],
    ["what a call gave back", `${from("builtins", "getattr")}(${made}${short("a")}tR${short("a")}Ns`],
    ["a dictionary that is asked for append", `${own("dict")}Na`],
  ])("by %s goes to people at best", async (_, stream) => {
    const result = await scan(`\x80\x04${stream}.`, "a.pkl");
    expect(result.verdict, JSON.stringify(result.findings)).not.toBe("pass");
    expect(JSON.stringify(result.findings)).toContain("fills-object");
  });

  it.each([
    ["a list", `${own("list")}Na`],
    ["a set", `${own("set")}(N\x90`],
    ["a queue", `${from("collections", "deque")})R(Ne`],
    ["a dictionary", `${from("collections", "OrderedDict")})R${short("a")}Ns`],
    ["a counter", `${from("collections", "Counter")})R${short("a")}K\x01s`],
  ])("passes where it is %s of Python's own", async (_, stream) => {
    const result = await scan(`\x80\x04${stream}.`, "a.pkl");
    expect(result.verdict, JSON.stringify(result.findings)).toBe("pass");
  });
});

it("an object that is called inside an allowed one is no import that could be judged", async () => {
  const inner = `${from("argparse", "Namespace")})\x81`;
  const stream = `${from("numpy.random._pickle", "__generator_ctor")}(${short("x")}${inner}tR`;
  const { verdict, findings } = await scan(`\x80\x02${stream}.`, "a.pkl");
  expect(verdict).not.toBe("pass");
  expect(findings.map((one) => one.code)).toContain("pickle.calls-object");
});
