import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { scanPickles } from "./pickle";
import { walkPickle } from "./pickle-machine";
import { bytesSource, scanFile } from "./index";
import { verdictOf } from "./findings";

const text = (source: string) => Buffer.from(source, "latin1");
const verdict = (bytes: Uint8Array) => verdictOf(scanPickles(bytesSource(bytes)));
const codes = (bytes: Uint8Array) => scanPickles(bytesSource(bytes)).map((finding) => finding.code);
const short = (value: string) => `\x8c${String.fromCharCode(value.length)}${value}`;

describe("hostile pickles built by hand", () => {
  it.each([
    ["GLOBAL and REDUCE", "cos\nsystem\n(S'id'\ntR."],
    ["INST", "(S'id'\nios\nsystem\n."],
    ["OBJ", "(cos\nsystem\nS'id'\no."],
    ["STACK_GLOBAL", `\x80\x04${short("os")}${short("system")}\x93${short("id")}\x85R.`],
    [
      "names through the memo",
      `\x80\x04${short("system")}\x94${short("posix")}\x940h\x01h\x00\x93${short("id")}\x85R.`,
    ],
    [
      "names through a sparse memo",
      `\x80\x02X\x02\x00\x00\x00osr\xe8\x03\x00\x000X\x06\x00\x00\x00systemq\x050j\xe8\x03\x00\x00h\x05\x93)R.`,
    ],
    ["a text memo", "Vos\np7\n0Vsystem\np8\n0g7\ng8\n\x93)R."],
    ["a dotted name", `\x80\x04${short("numpy")}${short("core.os.system")}\x93.`],
    ["builtins of Python 2", "c__builtin__\neval\n(S'1'\ntR."],
    ["getattr", `\x80\x04${short("builtins")}${short("getattr")}\x93.`],
    ["NEWOBJ_EX", `\x80\x04${short("subprocess")}${short("Popen")}\x93)}\x92.`],
    ["a submodule", `\x80\x04${short("logging.handlers")}${short("SocketHandler")}\x93)R.`],
    ["an import after a popped one", `\x80\x04${short("builtins")}${short("dict")}\x930cos\nsystem\n.`],
    ["another pickle in a byte string", `\x80\x04B\x16\x00\x00\x00\x80\x02cos\nsystem\n(S'id'\ntR.`],
  ])("%s fails", (_, source) => {
    expect(verdict(text(source))).toBe("fail");
    expect(codes(text(source)).join()).toMatch(/dangerous-import/);
  });

  it.each([
    ["a computed name", `\x80\x04${short("os")}${short("dict")}${short("x")}\x85R\x93.`, "pickle.malformed"],
    ["an escaped name", "V\\u006fs\nVsystem\n\x93)R.", "pickle.dangerous-import"],
    ["an extension code", "\x80\x02\x82\x01.", "pickle.extension"],
    ["a persistent id", "Pid\n.", "pickle.persistent-id"],
    ["data after the end", "\x80\x02N.N.", "pickle.trailing-data"],
    ["a second pickle", "\x80\x02N.cos\nsystem\n(S'id'\ntR.", "pickle.trailing-data"],
    ["an unknown byte", "\x80\x02\xff.", "pickle.malformed"],
    ["a missing end", "\x80\x02N", "pickle.malformed"],
    ["protocol 6", "\x80\x06N.", "pickle.malformed"],
    ["a misplaced PROTO", "\x80\x02N0\x80\x02N.", "pickle.late-protocol"],
    ["items left over", "\x80\x02NN.", "pickle.left-over"],
    ["an empty memo", "\x80\x02h\x01.", "pickle.malformed"],
    ["a negative length", "\x80\x02T\xff\xff\xff\xff.", "pickle.malformed"],
    ["a huge length", "\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "pickle.malformed"],
    ["a frame beyond the file", "\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00N.", "pickle.frame"],
    [
      "an attribute set on a class",
      `\x80\x04${short("collections")}${short("OrderedDict")}\x93}b.`,
      "pickle.changes-import",
    ],
  ])("%s fails", (_, source, code) => {
    expect(verdict(text(source))).toBe("fail");
    expect(codes(text(source))).toContain(code);
  });

  it("hands an unknown import to people, whatever its neighbours", () => {
    const bytes = text(`\x80\x04${short("mycompany.models")}${short("Net")}\x93)R.`);
    expect(verdict(bytes)).toBe("indeterminate");
    expect(codes(bytes)).toEqual(["pickle.unknown-import"]);
  });
});

/** Pickles made by Python itself, as base64 lines with a name and the opcode count of its own disassembler. */
const GENERATE = `
import base64, collections, datetime, pickle, pickletools, sys
class Evil:
    def __reduce__(self):
        import os
        return (os.system, ("id",))
class EvalEvil:
    def __reduce__(self):
        return (eval, ("1",))
shared = ["x" * 300, 1.5, (1, 2), b"bytes", {3, 4}, frozenset([5])]
benign = {"a": shared, "b": shared, "c": collections.OrderedDict(k=True), "d": 2**80, "e": datetime.date(2026, 1, 1), "f": None,
  "g": bytearray(b"1"), "h": complex(1, 2), "i": [{"n": i} for i in range(300)], "u": "\\u00e9\\n"}
for protocol in range(6):
    for name, value in (("evil", Evil()), ("evil", [benign, EvalEvil()]), ("benign", benign)):
        data = pickle.dumps(value, protocol)
        print(name, protocol, len(list(pickletools.genops(data))), base64.b64encode(data).decode())
`;

describe("pickles made by Python", () => {
  const cases = execFileSync("python3", ["-c", GENERATE], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.split(" "));

  it.each(cases)("%s, protocol %s", (name, _protocol, _count, data = "") => {
    const bytes = Buffer.from(data, "base64");
    expect(walkPickle(bytes)).toMatchObject({ problem: undefined, end: bytes.length });
    expect(verdict(bytes), JSON.stringify(scanPickles(bytesSource(bytes)))).toBe(
      name === "evil" ? "fail" : "pass",
    );
  });

  it("is found by content under any name", async () => {
    for (const [name, , , data = ""] of cases.filter(([name]) => name === "evil")) {
      const result = await scanFile(bytesSource(Buffer.from(data, "base64")), { path: `${name}.txt` });
      expect(result).toMatchObject({ format: "pickle", verdict: "fail" });
    }
  });

  it("cut off at any byte never passes", () => {
    const whole = Buffer.from(
      cases.find(([name, protocol]) => name === "benign" && protocol === "4")?.[3] ?? "",
      "base64",
    );
    for (let length = 0; length < whole.length; length += 1)
      expect(verdict(whole.subarray(0, length))).toBe("fail");
  });
});

describe("benign pickles of libraries", () => {
  it("pass: a numpy array and a fitted scikit-learn model, as their own opcodes", () => {
    const dtype = `${short("numpy")}${short("dtype")}\x93${short("f8")}\x89\x88\x87R(K\x03${short("<")}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb`;
    const array = `${short("numpy._core.multiarray")}${short("_reconstruct")}\x93${short("numpy")}${short("ndarray")}\x93K\x00\x85C\x01b\x87R(K\x01K\x01\x85${dtype}\x89C\x08${"\x00".repeat(8)}tb`;
    expect(scanPickles(bytesSource(text(`\x80\x04${array}.`)))).toEqual([]);
    const model = `\x80\x04${short("sklearn.linear_model._logistic")}${short("LogisticRegression")}\x93)\x81}${short("coef_")}${array}sb.`;
    expect(scanPickles(bytesSource(text(model)))).toEqual([]);
  });
});
