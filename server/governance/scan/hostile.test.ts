import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bytesSource, scanFile } from "./index";
import { judgeImport } from "./pickle-imports";
import { zipOf, type ZipPart } from "./testing-zip";

const latin = (source: string) => Buffer.from(source, "latin1");
const short = (value: string) => `\x8c${String.fromCharCode(value.length)}${value}`;
const load = (module: string, name: string, rest = `${short("x")}\x85R.`) =>
  latin(`\x80\x04${short(module)}${short(name)}\x93${rest}`);
const scan = (bytes: Uint8Array, name: string) => scanFile(bytesSource(bytes), { path: name });
const EVIL = latin("cos\nsystem\np+0\n(S'cmd'\ntR.");
const EVIL2 = load("os", "system");

describe("a pickle that runs code fails under every name and in every container", () => {
  const spellings = [
    "p+0",
    "p 0",
    "p1_0",
    "p0 ",
    "p\t1",
    "p01",
    "p1\0tail",
    "p0\ng+0",
    "p0\n0g 0",
    "I+1\n0p0",
    "F1_0\n0p0",
    "L0x1FL\n0p1",
  ];
  const names = [
    "m.bin",
    "m.txt",
    "m.json",
    "m.py",
    "m.csv",
    "m.md",
    "m.pkl",
    "m.joblib",
    "m.pt",
    "m",
    "m.png",
    "MLmodel",
    "m.npy",
    "m.safetensors",
  ];
  it.each(spellings)("number %j", async (number) => {
    const bytes = latin(`cos\nsystem\n${number}\n(S'cmd'\ntR.`);
    for (const name of names) expect(await scan(bytes, name), name).toMatchObject({ verdict: "fail" });
    for (const member of names)
      expect(await scan(zipOf([{ name: member, data: bytes }]), "m.zip"), member).toMatchObject({
        verdict: "fail",
      });
  });

  it.each([
    ["zlib", deflateSync(EVIL2)],
    ["gzip", gzipSync(EVIL2)],
    ["gzip twice", gzipSync(gzipSync(EVIL))],
    ["two zlib streams", Buffer.concat([deflateSync(EVIL2.subarray(0, 9)), deflateSync(EVIL2.subarray(9))])],
    ["a zlib stream without its end", deflateSync(EVIL2).subarray(0, -6)],
    ["gzip in a zip", zipOf([{ name: "a.gz", data: gzipSync(EVIL) }])],
  ])("compressed with %s", async (_, bytes) => {
    expect(await scan(bytes, "m.joblib")).toMatchObject({ verdict: "fail" });
    expect(await scan(bytes, "m.bin")).toMatchObject({ verdict: "fail" });
  });

  /**
   * The header's length reads as BINSTRING with a text up to the metadata, where short strings follow each other up to the tensor's bytes:
   * a valid file of safetensors, and a pickle that begins where the tensor does.
   */
  function polyglot(payload: Buffer): Buffer {
    const length = 0x1954;
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(length));
    const tail = `"},"t":{"dtype":"U8","shape":[${payload.length}],"data_offsets":[0,${payload.length}]}}`;
    const hop = (size: number) => `U${String.fromCharCode(size)}${"x".repeat(size)}`;
    const header = `{"__metadata__":{"a":"${hop(100).repeat(62)}${hop(40)}U^${"x".repeat(94 - tail.length)}${tail}`;
    expect(header).toHaveLength(length);
    return Buffer.concat([head, Buffer.from(header), payload]);
  }
  it("behind a header of safetensors", async () => {
    const hostile = await scan(polyglot(latin("cos\nsystem\n(S'id'\ntR.")), "m.safetensors");
    expect(hostile).toMatchObject({ format: "safetensors", verdict: "fail" });
    expect(JSON.stringify(hostile.findings)).toContain("os.system");
    const honest = await scan(polyglot(Buffer.alloc(24)), "m.safetensors");
    expect(honest).toMatchObject({ format: "safetensors", verdict: "pass", findings: [] });
  });

  it.each([
    ["after whole streams", Buffer.concat([latin("\x80\x02N."), latin("\x80\x02K\x01."), EVIL2])],
    ["after plain data of protocol 0", latin("(lp0\nI1\na.cos\nsystem\n(S'id'\ntR.")],
    ["after a stream that leaves items over", latin("NNN.cos\nsystem\n(S'id'\ntR.")],
    ["behind more marks than can be followed", latin(`${"(".repeat(4_000_001)}cos\nsystem\n(S'id'\ntR.`)],
    ["by a module with a name beyond measure", latin(`c${"a.".repeat(600)}a\nsystem\n(tR.`)],
    ["in the middle, behind another protocol", latin("N0\x80\x02cos\nsystem\n(S'id'\ntR.")],
    ["in a byte string", latin(`\x80\x04B\x1a\x00\x00\x00${"cos\nsystem\n(S'whoami'\ntR.".slice(0, 26)}.`)],
    ["without its end", latin("cos\nsystem\n(S'id'\ntR")],
    ["with a name that only the file's end ends", latin("cos\nsystemX")],
    [
      "with a frame that ends inside the name",
      latin("\x80\x04\x95\x04\0\0\0\0\0\0\0c_coos\nsystem\n(S'id'\ntR."),
    ],
    ["by INST without a mark", latin("ios\nsystem\n")],
    ["by BUILD after REDUCE", load("os", "environ", `)R}${short("a")}${short("b")}sb.`)],
    ["by setting items of an import", load("os", "environ", `${short("LD_PRELOAD")}${short("x")}s.`)],
    [
      "by special state of an allowed class",
      latin(`\x80\x04${short("sklearn.svm._classes")}${short("SVC")}\x93)\x81}${short("__setstate__")}Nsb.`),
    ],
    ["by calling what it made", latin(`\x80\x04${short("collections")}${short("OrderedDict")}\x93)R)R.`)],
    [
      "by a computed name",
      latin(`\x80\x04${short("builtins")}${short("str")}\x93${short("os")}\x85R${short("system")}\x93.`),
    ],
    ["by torch's loader of computed bytes", load("torch.storage", "_load_from_bytes", "NR.")],
    [
      "by torch's loader of bytes",
      load(
        "torch.storage",
        "_load_from_bytes",
        `C${String.fromCharCode(EVIL2.length)}${EVIL2.toString("latin1")}\x85R.`,
      ),
    ],
  ])("%s", async (_, bytes) => {
    for (const name of ["m.pkl", "m.bin"]) {
      const result = await scan(bytes, name);
      expect(result.verdict, JSON.stringify(result.findings)).toBe("fail");
    }
  });
});

describe("names that let the file choose what runs", () => {
  it.each(
    `os.system posix.system nt.system subprocess.Popen builtins.eval builtins.exec builtins.getattr builtins.open builtins.__import__ __builtin__.apply
    operator.attrgetter operator.methodcaller _operator.itemgetter functools.partial functools.reduce _functools.partial importlib.import_module pkgutil.resolve_name
    runpy.run_path logging.FileHandler logging.config.listen logging.config.valueForKey zipfile.ZipFile tarfile.open pandas.eval pandas.read_pickle
    pandas.io.pickle.read_pickle pandas.core.computation.eval.eval numpy.load numpy.loadtxt numpy.fromfile numpy.memmap numpy.vectorize numpy.frompyfunc
    numpy.f2py.crackfortran.getlincoef numpy.testing._private.utils.runstring numpy._core._ufunc_reconstruct numpy.lib.npyio.load numpy.lib._npyio_impl.DataSource
    joblib.load joblib.numpy_pickle.load joblib.numpy_pickle_compat.NDArrayWrapper joblib.memory.Memory torch.load torch.hub.load torch.jit.load torch.utils.cpp_extension.load
    torch.serialization.load torch._dynamo.guards.GuardBuilder torch.utils.collect_env.run torch.utils.bottleneck.__main__.run_cprofile torch.fx.experimental.symbolic_shapes.ShapeEnv
    uuid._get_command_stdout imaplib.IMAP4_stream _pyrepl.pager.pipe_pager _osx_support._read_output _aix_support._read_cmd_output
    ctypes.CDLL pydoc.pipepager code.InteractiveInterpreter timeit.timeit cProfile.run profile.Profile trace.Trace doctest.debug_script
    pip.main ensurepip._run_pip idlelib.run.Executive lib2to3.pgen2.grammar.Grammar ssl.get_server_certificate webbrowser.open urllib.request.urlopen
    distutils.file_util.write_file asyncio.unix_events._UnixSubprocessTransport multiprocessing.util.spawnv_passfds marshal.loads types.CodeType types.FunctionType
    pickle.loads dill.loads cloudpickle.loads cloudpickle.cloudpickle._make_function shelve.open sqlite3.connect gc.get_objects inspect.getattr_static
    sklearn.datasets.fetch_openml sklearn.utils._joblib.load sklearn.externals.joblib.load sympy.sympify jinja2.Template yaml.unsafe_load networkx.readwrite.gpickle.read_gpickle
    mylib.os.system mylib.eval mylib.run_command mylib.Loader.__globals__ numpy.core.os`.split(/\s+/),
  )("%s is never offered as harmless", async (full) => {
    const at = full.lastIndexOf(".");
    const bytes = load(full.slice(0, at), full.slice(at + 1));
    const result = await scan(bytes, "m.pkl");
    const unknown = full === "numpy.core.os" || full.endsWith("GuardBuilder") || full.endsWith("ShapeEnv");
    expect(result.verdict, JSON.stringify(result.findings)).toBe(
      unknown && result.verdict !== "fail" ? "indeterminate" : "fail",
    );
  });

  it("a dotted name is followed as Python follows it", () => {
    expect(judgeImport({ module: "numpy", name: "core.os.system", called: true })).toBe("dangerous");
    expect(judgeImport({ module: "collections", name: "OrderedDict.fromkeys", called: true })).toBe(
      "dangerous",
    );
    expect(judgeImport({ module: "mylib.nets", name: "Outer.Inner", called: false })).toBe("unknown");
  });

  it("a class that pickles restore is not to be called with values of the file's choosing", async () => {
    const called = await scan(load("xgboost.core", "Booster", `N}${short("/etc/passwd")}\x87R.`), "m.pkl");
    expect(called).toMatchObject({ verdict: "indeterminate", findings: [{ code: "pickle.called-class" }] });
    const made = await scan(load("xgboost.core", "Booster", ")\x81."), "m.pkl");
    expect(made).toMatchObject({ verdict: "pass", findings: [] });
  });

  it("one that nobody knows goes to people, with its place", async () => {
    const { verdict, findings } = await scan(load("mylib.nets", "Net", ")\x81."), "m.pkl");
    expect(verdict).toBe("indeterminate");
    expect(findings[0]?.message).toBe(
      'Loading this file imports "mylib.nets.Net" (byte 19), which is not on the allow-list.',
    );
  });
});

describe("text that may be read as a pickle", () => {
  it.each([
    ["city,n\nRome,1\n", "pass"],
    ["import os\nimport sys\n", "pass"],
    ["class name\nsetosa\n", "pass"],
    ["cat\ndog\nfish\n", "indeterminate"],
    ["cos\nsystem\nand prose", "fail"],
  ])("%j", async (text, verdict) => {
    expect(await scan(Buffer.from(text), "labels.txt")).toMatchObject({ verdict });
  });
});

describe("numpy arrays whose header Python reads in another way", () => {
  const npy = (header: string, data: Buffer) => {
    const body = Buffer.from(`${header}\n`);
    const head = latin("\x93NUMPY\x01\x00\0\0");
    head.writeUInt16LE(body.length, 8);
    return Buffer.concat([head, body, data]);
  };
  const rest = `'fortran_order': False, 'shape': (1,)`;
  it.each([
    ["two types", npy(`{'descr': '<f8', ${rest}, 'descr': '|O', }`, EVIL2), "two entries"],
    ["two types, one escaped", npy(`{'descr': '<f8', ${rest}, 'desc\\x72': '|O', }`, EVIL2), "two entries"],
    ["an escaped key alone", npy(`{'desc\\x72': '|O', ${rest}, }`, EVIL2), "os.system"],
    ["objects in a field", npy(`{'descr': [('a', '|O')], ${rest}, }`, EVIL2), "os.system"],
    ["objects by another name", npy(`{'descr': 'object', ${rest}, }`, EVIL2), "not one of plain values"],
    ["joined strings", npy(`{'descr': '<f' '8', ${rest}, }`, Buffer.alloc(8)), "comma"],
    ["an expression", npy(`{'descr': '<f8', ${rest} + (), }`, Buffer.alloc(8)), "unexpected"],
    ["another key", npy(`{'descr': '<f8', ${rest}, 'x': 1}`, Buffer.alloc(8)), "exactly"],
    ["a comment", npy(`{'descr': '<f8', ${rest}} # '`, Buffer.alloc(8)), "follows"],
    [
      "data after the objects",
      npy(`{'descr': '|O', ${rest}, }`, Buffer.concat([latin("\x80\x02N."), EVIL])),
      "follow the pickle",
    ],
  ])("%s", async (_, bytes, message) => {
    const alone = await scan(bytes, "a.npy");
    expect(alone.verdict).toBe("fail");
    expect(JSON.stringify(alone.findings)).toContain(message);
    expect(await scan(zipOf([{ name: "a.npy", data: bytes }]), "a.npz")).toMatchObject({ verdict: "fail" });
  });
});

describe("games with archives", () => {
  const plain: ZipPart = { name: "a.txt", data: Buffer.from("x") };
  const good = zipOf([plain]);
  it.each([
    ["another name in the local record", zipOf([{ ...plain, localName: "b.txt" }])],
    ["an encrypted flag", zipOf([{ ...plain, flags: 1 }])],
    ["a masked flag", zipOf([{ ...plain, flags: 0x2000 }])],
    ["another flag in the local record", zipOf([{ ...plain, localFlags: 0x800 }])],
    ["a wrong checksum", zipOf([{ ...plain, crc: 7 }])],
    ["data behind its end", Buffer.concat([good, Buffer.from("tail")])],
    ["an archive behind an archive", Buffer.concat([good, zipOf([{ name: "b", data: EVIL }])])],
    [
      "an archive in front, with data behind",
      Buffer.concat([Buffer.from("hello\n"), good, Buffer.from("tail")]),
    ],
    [
      "data behind what is compressed",
      zipOf([{ ...plain, packed: Buffer.concat([deflateRawSync("x"), EVIL]) }]),
    ],
    ["a second name in an extra field", zipOf([{ ...plain, extra: latin("up\x0a\x00\x01\0\0\0\0b.txtx") }])],
    ["sizes given twice", zipOf([{ ...plain, extra: latin("\x01\0\0\0\x01\0\0\0") }])],
  ])("%s", async (_, bytes) => {
    const result = await scan(bytes, "m.bin");
    expect(result.verdict, JSON.stringify(result.findings)).toBe("fail");
  });
});
