import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { execFileSync } from "node:child_process";
import onnxProto from "onnx-proto";
import { InferenceSession } from "onnxruntime-node";
import type { onnx as Onnx } from "onnx-proto";
import { describe, expect, it } from "vitest";
import { bytesSource, scanFile, SCANNER, scanOnnx } from "./index";
import type { ScanOptions } from "./index";
import { MICROSOFT_OPERATORS } from "./onnx-operators";
import { scanZip } from "./scan-zip";
import { UnpackBudget } from "./unpack-budget";
import { zipOf as zip } from "./testing-zip";

const { onnx } = onnxProto;
const scan = (bytes: Uint8Array | string, options?: ScanOptions) =>
  scanFile(bytesSource(Buffer.from(bytes)), options);
const EVIL = Buffer.from("\x80\x02cos\nsystem\n(S'id'\ntR.", "latin1");
const FLOAT = 1;

const value = (name: string, ...dims: (number | string)[]): Onnx.IValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType: FLOAT,
      shape: { dim: dims.map((one) => (typeof one === "number" ? { dimValue: one } : { dimParam: one })) },
    },
  },
});
function model(
  change: { node?: Onnx.INodeProto; tensor?: Onnx.ITensorProto; functions?: Onnx.IFunctionProto[] } = {},
): Uint8Array {
  const weights: Onnx.ITensorProto = {
    name: "w",
    dataType: FLOAT,
    dims: [2, 1],
    rawData: new Uint8Array(8),
    ...change.tensor,
  };
  return onnx.ModelProto.encode({
    irVersion: 8,
    producerName: "test",
    opsetImport: [
      { domain: "", version: 17 },
      ...(change.node?.domain === "com.microsoft" ? [{ domain: "com.microsoft", version: 1 }] : []),
    ],
    ...(change.functions === undefined ? {} : { functions: change.functions }),
    graph: {
      name: "g",
      node: [{ opType: "MatMul", input: ["x", "w"], output: ["y"], ...change.node }],
      input: [value("x", "batch", 2), value("w", 2, 1)],
      output: [value("y", "batch", 1)],
      initializer: [weights],
    },
  }).finish();
}

describe("ONNX", () => {
  it("reads the signature of a model built by its own library", async () => {
    const result = await scan(model(), { path: "model.onnx" });
    expect(result).toMatchObject({
      format: "onnx",
      verdict: "pass",
      findings: [],
      scannerVersion: SCANNER.version,
    });
    expect(result.onnx).toEqual({
      irVersion: 8,
      producer: "test",
      opsets: [{ domain: "", version: 17 }],
      inputs: [{ name: "x", kind: "tensor", elementType: "float32", shape: ["batch", 2] }],
      outputs: [{ name: "y", kind: "tensor", elementType: "float32", shape: ["batch", 1] }],
      operators: ["::MatMul"],
    });
  });

  const external = (location: string): Onnx.ITensorProto => ({
    rawData: null,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: [{ key: "location", value: location }],
  });
  const subgraph: Onnx.INodeProto = {
    opType: "If",
    attribute: [
      { name: "then_branch", type: 5, g: { name: "then", node: [{ opType: "Run", domain: "evil" }] } },
    ],
  };

  it.each([
    ["a custom operator", model({ node: { opType: "Run", domain: "com.evil" } }), {}, "fail"],
    ["a custom operator in a sub-graph", model({ node: subgraph }), {}, "fail"],
    ["an operator of ONNX ML", model({ node: { opType: "Scaler", domain: "ai.onnx.ml" } }), {}, "pass"],
    ["an operator of the runtime", model({ node: { opType: "QGemm", domain: "com.microsoft" } }), {}, "pass"],
    [
      "one of the runtime that opens files",
      model({ node: { opType: "EPContext", domain: "com.microsoft" } }),
      {},
      "fail",
    ],
    ["one that only seems so", model({ node: { opType: "Run", domain: "com.microsoft" } }), {}, "fail"],
    [
      "its own function",
      model({
        node: { opType: "F", domain: "own" },
        functions: [{ name: "F", domain: "own", node: [{ opType: "Relu" }] }],
      }),
      {},
      "pass",
    ],
    [
      "its own function of a custom operator",
      model({
        node: { opType: "F", domain: "own" },
        functions: [{ name: "F", domain: "own", node: [{ opType: "X", domain: "evil" }] }],
      }),
      {},
      "fail",
    ],
    [
      "weights above the folder",
      model({ tensor: external("../../etc/passwd") }),
      { siblingFiles: ["../../etc/passwd"] },
      "fail",
    ],
    ["weights by absolute path", model({ tensor: external("/etc/passwd") }), {}, "fail"],
    ["weights that are not there", model({ tensor: external("w.bin") }), { siblingFiles: [] }, "fail"],
    ["weights beside the model", model({ tensor: external("w.bin") }), { siblingFiles: ["w.bin"] }, "pass"],
    ["weights of which nothing is known", model({ tensor: external("w.bin") }), {}, "indeterminate"],
    [
      "weights elsewhere in a function's default value",
      Buffer.concat([model(), Buffer.from([0xca, 1, 6, 0x5a, 4, 0x2a, 2, 0x70, 1])]),
      {},
      "fail",
    ],
    [
      "a plain default value of a function",
      Buffer.concat([model(), Buffer.from([0xca, 1, 6, 0x5a, 4, 0x2a, 2, 0x10, 1])]),
      {},
      "pass",
    ],
    ["a function that is a number", Buffer.concat([model(), Buffer.from([0xc8, 1, 0])]), {}, "fail"],
    [
      "a tag above 32 bits",
      Buffer.concat([model(), Buffer.from([0x88, 0x80, 0x80, 0x80, 0x10, 1])]),
      {},
      "fail",
    ],
    ["a cut-off file", model().subarray(0, 60), {}, "fail"],
    ["no operator set", onnx.ModelProto.encode({ irVersion: 8, graph: {} }).finish(), {}, "fail"],
    [
      "two graphs, of which readers may take either",
      Buffer.concat([model({ node: { opType: "Run", domain: "evil" } }), model()]),
      {},
      "fail",
    ],
  ] as const)("%s", (_, bytes, options, verdict) => {
    const { findings } = scanOnnx(bytes, options);
    const worst = findings.some((one) => one.severity === "critical")
      ? "fail"
      : findings.some((one) => one.severity === "warning")
        ? "indeterminate"
        : "pass";
    expect(worst, JSON.stringify(findings)).toBe(verdict);
  });

  it("allows only operators that the runtime has", async () => {
    const words = async (opType: string) => {
      const bytes = model({ node: { opType, domain: "com.microsoft" } });
      const session = InferenceSession.create(bytes, { logSeverityLevel: 4 });
      return session.then(
        () => "",
        (error: unknown) => String(error),
      );
    };
    expect(await words("NoSuchOperator")).toMatch(/not a registered/);
    for (const name of MICROSOFT_OPERATORS) expect(await words(name), name).not.toMatch(/not a registered/);
  });

  it("is refused above the size limit and under another name", async () => {
    expect(await scan(model(), { maxBytes: 10 })).toMatchObject({ verdict: "indeterminate" });
    expect(await scan(model(), { path: "model.safetensors" })).toMatchObject({
      format: "onnx",
      verdict: "fail",
    });
  });
});

const npy = (descr: string, shape: string, data: Buffer) => {
  const header = Buffer.from(`{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }\n`);
  const head = Buffer.from("\x93NUMPY\x01\x00\0\0", "latin1");
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, header, data]);
};

describe("archives", () => {
  const tensors = Buffer.from(`\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(U\x01xQK\x00)}tR.`, "latin1");
  const good = npy("<f4", "2,", Buffer.alloc(8));

  it.each([
    [
      "a torch file",
      zip([
        { name: "m/data.pkl", data: tensors },
        { name: "m/data/0", data: Buffer.alloc(8) },
        { name: "m/version", data: Buffer.from("3\n") },
      ]),
      "pass",
    ],
    ["a hostile torch file", zip([{ name: "m/data.pkl", data: EVIL, deflate: true }]), "fail"],
    [
      "a pickle under another name",
      zip([
        { name: "m/data.pkl", data: tensors },
        { name: "m/extra", data: EVIL },
      ]),
      "fail",
    ],
    [
      "TorchScript",
      zip([
        { name: "m/data.pkl", data: tensors },
        { name: "m/code/x.py", data: Buffer.from("pass") },
      ]),
      "indeterminate",
    ],
    ["an npz", zip([{ name: "a.npy", data: good, deflate: true }]), "pass"],
    ["an npz of objects", zip([{ name: "a.npy", data: npy("|O", "1,", EVIL) }]), "fail"],
    ["an archive in an archive", zip([{ name: "in.zip", data: zip([{ name: "x", data: EVIL }]) }]), "fail"],
    ["two names for one entry", zip([{ name: "a.txt", data: EVIL, localName: "b.txt" }]), "fail"],
    ["an encrypted entry", zip([{ name: "a.txt", data: Buffer.from("x"), flags: 1 }]), "fail"],
    ["a wrong checksum", zip([{ name: "a.txt", data: Buffer.from("x"), crc: 1 }]), "fail"],
    [
      "a name twice",
      zip([
        { name: "a", data: Buffer.from("x") },
        { name: "a", data: Buffer.from("y") },
      ]),
      "fail",
    ],
    ["a name that climbs", zip([{ name: "../a", data: Buffer.from("x") }]), "fail"],
    [
      "room between entries",
      zip([{ name: "a", data: Buffer.from("x") }], Buffer.alloc(0), Buffer.from("hidden")),
      "fail",
    ],
    [
      "an archive behind a picture",
      zip([{ name: "a", data: EVIL }], Buffer.from("89504e470d0a1a0a", "hex")),
      "fail",
    ],
    ["an archive behind text", zip([{ name: "a", data: EVIL }], Buffer.from("hello\n")), "fail"],
  ])("%s", async (_, bytes, verdict) => {
    const result = await scan(bytes);
    expect(result.verdict, JSON.stringify(result.findings)).toBe(verdict);
  });

  it("that would unpack to too much is refused before unpacking", async () => {
    const bomb = zip([{ name: "a", data: Buffer.alloc(5_000_000), deflate: true }]);
    expect(bomb.length).toBeLessThan(10_000);
    const result = await scan(bomb, { maxUnpackedBytes: 1_000_000 });
    expect(result.findings[0]?.message).toContain("unpacks to more");
  });

  it("inside each other take from one store", async () => {
    const full = Buffer.from("text\n".repeat(60_000));
    const packed = zip([{ name: "a", data: full, deflate: true }]);
    const beside = ["b", "c", "d", "e"].map((name) => ({ name, data: packed, deflate: true }));
    const limit = { maxUnpackedBytes: 1_000_000 };
    expect(await scan(zip(beside.slice(0, 3)), limit)).toMatchObject({ verdict: "pass" });
    const zipped = await scan(zip(beside), limit);
    expect(zipped).toMatchObject({ verdict: "fail" });
    expect(JSON.stringify(zipped.findings)).toContain("unpacks to more");
    const streams = beside.map(({ name }) => ({ name, data: gzipSync(full) }));
    const gzipped = await scan(zip(streams), limit);
    expect(gzipped).toMatchObject({ verdict: "fail" });
    expect(JSON.stringify(gzipped.findings)).toContain("unpacks to more");
  });

  it("hold one unpacked member at a time", () => {
    const size = 8 * 1024 * 1024;
    const data = Buffer.alloc(size);
    const many = Array.from({ length: 12 }, (_, at) => ({ name: `m${at}`, data, deflate: true }));
    const source = bytesSource(zip(many));
    const alive: number[] = [];
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect !== "function") throw new Error("there is no garbage collector to call");
    Reflect.apply(collect, undefined, []);
    const before = process.memoryUsage().arrayBuffers;
    const findings = scanZip(source, {
      depth: 0,
      budget: new UnpackBudget(2 ** 30),
      scanMember: (member) => {
        expect(member.size).toBe(size);
        Reflect.apply(collect, undefined, []);
        alive.push(process.memoryUsage().arrayBuffers);
        return [];
      },
    });
    expect([findings, alive.length]).toEqual([[], many.length]);
    expect(Math.max(...alive) - before).toBeLessThan(5 * size);
  });

  it("made by Python's zipfile are read", async () => {
    const script = `import io,sys,zipfile\nb=io.BytesIO()\nwith zipfile.ZipFile(b,"w",zipfile.ZIP_DEFLATED) as z:\n z.writestr("a.txt","hello")\n z.writestr("d/e.json","{}")\nsys.stdout.buffer.write(b.getvalue())`;
    const bytes = execFileSync("python3", ["-c", script]);
    expect(await scan(bytes)).toMatchObject({ format: "zip", verdict: "pass", findings: [] });
  });
});

describe("other files", () => {
  it.each([
    ["MLmodel", "artifact_path: model\nflavors:\n  onnx:\n    data: model.onnx\n", "text", "pass"],
    ["conda.yaml", "channels:\n- conda-forge\ndependencies:\n- python=3.11\n", "text", "pass"],
    ["requirements.txt", "numpy==2.1\nscikit-learn\n", "text", "pass"],
    ["input_example.json", '{"columns": ["a"]}', "text", "pass"],
    ["cats.csv", "category\nname\n.\nNULL,1\n", "text", "fail"],
    ["table.csv", "city,n\nRome,1\n", "text", "pass"],
    ["notes.md", "N.B. café\n", "text", "pass"],
    ["notes.txt", "cos\nsystem\n(S'id'\ntR.", "pickle", "fail"],
    ["notes.txt", "cos\nsystem\n(S'id'\ntR and then some prose", "text", "fail"],
    ["model.pkl", "plain text", "text", "fail"],
    ["model.bin", Buffer.from([1, 2, 3, 0xff]), "unknown", "indeterminate"],
    ["model.h5", Buffer.from("894844460d0a1a0a00", "hex"), "hdf5", "indeterminate"],
    ["__init__.py", "", "empty", "pass"],
    ["a.npy", npy("<f4", "2,", Buffer.alloc(9)), "npy", "fail"],
  ] as const)("%s", async (path, content, format, verdict) => {
    expect(await scan(content, { path })).toMatchObject({ format, verdict, listDigest: SCANNER.listDigest });
  });
});

describe("models of other libraries that begin like ONNX", () => {
  it.each([
    ["saved_model.pb", "08011210 0a0e 1205 7365727665 2a05 312e322e33"],
    ["model.mlmodel", "0807120a0a080a0178 1203 2a0100"],
  ])("%s goes to people, and fails only under ONNX's name", async (path, hex) => {
    const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
    expect(await scanFile(bytesSource(bytes), { path })).toMatchObject({ verdict: "indeterminate" });
    expect(await scanFile(bytesSource(bytes), { path: "m.onnx" })).toMatchObject({ verdict: "fail" });
  });
});
