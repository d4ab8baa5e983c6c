import { digestOf } from "../../core/digest";
import { codeFindings, nativeCode } from "./code-files";
import { openCompressed } from "./compressed";
import { critical, info, shown, verdictOf, warning } from "./findings";
import type { Finding, ScanVerdict } from "./findings";
import { kerasBytesFindings } from "./model-config";
import { looksLikeNpy, scanNpy } from "./npy";
import { checkOnnxWire } from "./onnx-wire";
import { scanOnnx } from "./onnx";
import { MICROSOFT_OPERATORS } from "./onnx-operators";
import type { OnnxModel, OnnxOptions } from "./onnx";
import { looksLikeBinaryPickle, scanPickles } from "./pickle";
import { strayFindings } from "./pickle-findings";
import { IMPORT_LIST_DIGEST } from "./pickle-imports";
import { walkPickle } from "./pickle-machine";
import { looksLikeSafetensors, scanSafetensors } from "./safetensors";
import { bytesSource, type FileSource } from "./source";
import { UnpackBudget } from "./unpack-budget";
import { looksLikeTar } from "./tar";
import { scanZip } from "./scan-zip";
import { hidesArchive, looksLikeZip } from "./zip-directory";

/** Raise when the scanner's code changes what it finds. */
export const SCANNER_VERSION = "2.3.0";
export const SCANNER = {
  version: SCANNER_VERSION,
  listDigest: digestOf([SCANNER_VERSION, IMPORT_LIST_DIGEST, [...MICROSOFT_OPERATORS].toSorted()]),
} as const;

export type FileFormat =
  | "safetensors"
  | "onnx"
  | "pickle"
  | "zip"
  | "npy"
  | "compressed"
  | "hdf5"
  | "tar"
  | "native"
  | "text"
  | "image"
  | "parquet"
  | "empty"
  | "unknown";

export interface ScanResult {
  format: FileFormat;
  verdict: ScanVerdict;
  findings: Finding[];
  scannerVersion: string;
  /** Digest of the lists and the scanner version: a stored result with another one is out of date. */
  listDigest: string;
  /** The signature, when the file is an ONNX model. */
  onnx?: OnnxModel;
}

export interface ScanOptions extends OnnxOptions {
  /** The file's name decides nothing, but a promise that the content breaks is a finding. */
  path?: string;
  /** Formats that must be read whole are refused above this size. */
  maxBytes?: number;
  /** What may be unpacked of the whole file, archives in archives and streams in streams together. */
  maxUnpackedBytes?: number;
}

interface ScanContext extends ScanOptions {
  budget: UnpackBudget;
}

type Scanned = Pick<ScanResult, "format" | "findings" | "onnx">;

const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;

/** Finds out by content what a file is and whether loading it is safe. Never executes or unpickles anything. */
export async function scanFile(source: FileSource, options: ScanOptions = {}): Promise<ScanResult> {
  const budget = new UnpackBudget(options.maxUnpackedBytes ?? 4 * DEFAULT_MAX_BYTES);
  const scanned = scanContent(source, options.path, { ...options, budget }, 0);
  const findings = [...scanned.findings, ...nameFindings(scanned.format, options.path)];
  return {
    ...scanned,
    findings,
    verdict: verdictOf(findings),
    scannerVersion: SCANNER.version,
    listDigest: SCANNER.listDigest,
  };
}

/** A file, a member of an archive or what was compressed: all are judged alike, by each reading that a loader may try. */
function scanContent(
  source: FileSource,
  path: string | undefined,
  options: ScanContext,
  depth: number,
): Scanned {
  if (source.size === 0) return { format: "empty", findings: [] };
  if (looksLikeZip(source)) {
    const findings = scanZip(source, {
      depth,
      budget: options.budget,
      scanMember: (member, name) => scanContent(member, name, options, depth + 1).findings,
    });
    return { format: "zip", findings: [...findings, ...strayFindings(source)] };
  }
  const scanned = scanSingle(source, path, options, depth);
  const findings = [...scanned.findings];
  if (hidesArchive(source))
    findings.push(critical("scan.hidden-archive", "An archive is hidden behind other content."));
  if (scanned.format !== "pickle") findings.push(...strayFindings(source));
  if (scanned.format !== "tar" && looksLikeTar(source))
    findings.push(critical("scan.hidden-archive", "The file is a tar archive as well."));
  return { ...scanned, findings };
}

function scanSingle(
  source: FileSource,
  path: string | undefined,
  options: ScanContext,
  depth: number,
): Scanned {
  if (looksLikeSafetensors(source)) return { format: "safetensors", findings: scanSafetensors(source) };
  if (looksLikeNpy(source)) return { format: "npy", findings: scanNpy(source) };
  if (looksLikeBinaryPickle(source)) return { format: "pickle", findings: scanPickles(source) };
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  if (source.size > maxBytes) {
    const message = `The file has ${source.size} bytes; at most ${maxBytes} can be scanned.`;
    return { format: "unknown", findings: [warning("scan.too-large", message)] };
  }
  const compressed = scanCompressed(source, path, options, depth);
  if (compressed !== undefined) return compressed;
  const bytes = source.read(0, source.size);
  const isProse = isText(bytes);
  if (isWholeTextPickle(source, isProse, path)) return { format: "pickle", findings: scanPickles(source) };
  if (isProse) return { format: "text", findings: codeFindings(path ?? "", bytes.toString("utf8")) };
  return scanBinary(source, bytes, path, options);
}

function scanBinary(
  source: FileSource,
  bytes: Buffer,
  path: string | undefined,
  options: ScanOptions,
): Scanned {
  const known = MAGIC.find(([, magic]) => bytes.subarray(0, magic.length).equals(magic));
  if (known !== undefined) return { format: known[0], findings: [] };
  if (bytes.subarray(0, HDF5.length).equals(HDF5)) {
    const structure = warning("scan.hdf5", "It is an HDF5 file, whose structure the scanner does not read.");
    return { format: "hdf5", findings: [structure, ...kerasBytesFindings(bytes)] };
  }
  if (looksLikeTar(source))
    return {
      format: "tar",
      findings: [warning("scan.tar", "It is a tar archive, which the scanner does not open.")],
    };
  const machine = nativeCode(bytes);
  if (machine !== undefined)
    return {
      format: "native",
      findings: [warning("code.native", `It is machine code for ${machine}, which nobody can read.`)],
    };
  if (looksLikeOnnx(bytes)) {
    const { model, findings } = scanOnnx(bytes, options);
    if (model !== undefined) return { format: "onnx", findings, onnx: model };
    // TensorFlow's and Apple's models begin alike; only where ONNX is promised are they broken ones.
    if (path === undefined || /\.onnx$/i.test(path)) return { format: "onnx", findings };
  }
  return {
    format: "unknown",
    findings: [warning("scan.unknown-format", "The format is not one that the scanner knows.")],
  };
}

function scanCompressed(
  source: FileSource,
  path: string | undefined,
  options: ScanContext,
  depth: number,
): Scanned | undefined {
  const opened = openCompressed(source, options.budget);
  if (opened === undefined) return undefined;
  const format = "compressed";
  if (opened.kind === "closed")
    return {
      format,
      findings: [
        warning(
          "scan.compressed",
          `It is compressed with ${opened.method}, which the scanner does not open.`,
        ),
      ],
    };
  if (opened.kind === "broken") {
    const finding = critical("scan.compressed", `The compressed file cannot be trusted: ${opened.why}.`);
    return isText(source.read(0, source.size)) ? undefined : { format, findings: [finding] };
  }
  if (depth >= MAX_COMPRESSED_DEPTH)
    return { format, findings: [critical("scan.nesting", "Compressed files are nested too deeply.")] };
  const inner = scanContent(bytesSource(opened.bytes), path?.replace(/\.(gz|z)$/i, ""), options, depth + 1);
  const size = info("scan.compressed", `It unpacks to ${opened.bytes.length} bytes: ${inner.format}.`);
  return { format, findings: [size, ...inner.findings] };
}

const MAX_COMPRESSED_DEPTH = 3;
const HDF5 = Buffer.from("894844460d0a1a0a", "hex");
const MAGIC: readonly (readonly [FileFormat, Buffer])[] = [
  ["image", Buffer.from("89504e470d0a1a0a", "hex")],
  ["image", Buffer.from("ffd8ff", "hex")],
  ["image", Buffer.from("GIF87a")],
  ["image", Buffer.from("GIF89a")],
  ["parquet", Buffer.from("PAR1")],
];

/**
 * Protocols 0 and 1 have no magic bytes. A stream that is whole to the last byte is a pickle, unless it is prose that happens to be one
 * without importing anything, under a name that promises no pickle.
 */
function isWholeTextPickle(source: FileSource, isProse: boolean, path: string | undefined): boolean {
  const walk = walkPickle(source);
  if (walk.end !== source.size) return false;
  return (
    walk.imports.length > 0 ||
    !isProse ||
    (path !== undefined && promiseOf(path)?.includes("pickle") === true)
  );
}

function isText(bytes: Buffer): boolean {
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c))
    return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** An ONNX model begins with its IR version, or at least has the wire form of one. */
function looksLikeOnnx(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x08 && (bytes[1] ?? 0) > 0 && (bytes[1] ?? 0) < 64) return true;
  try {
    checkOnnxWire(bytes);
    return scanOnnx(bytes).model !== undefined;
  } catch {
    return false;
  }
}

const PROMISES: readonly (readonly [RegExp, readonly FileFormat[]])[] = [
  [/\.safetensors$/i, ["safetensors"]],
  [/\.onnx$/i, ["onnx"]],
  [/\.(json|ya?ml|txt|md|csv|toml|py)$|(^|\/)MLmodel$/i, ["text", "empty"]],
  [/\.npy$/i, ["npy"]],
  [/\.(npz|zip|keras)$/i, ["zip"]],
  [/\.(pkl|pickle|joblib)(\.(gz|z|bz2|xz|lzma|lz4))?$/i, ["pickle", "compressed"]],
  [/\.(pt|pth|ckpt)$/i, ["zip", "pickle"]],
];

const promiseOf = (path: string): readonly FileFormat[] | undefined =>
  PROMISES.find(([pattern]) => pattern.test(path))?.[1];

function nameFindings(format: FileFormat, path: string | undefined): Finding[] {
  const promise = path === undefined ? undefined : promiseOf(path);
  if (path === undefined || promise === undefined || promise.includes(format)) return [];
  return [critical("scan.name-mismatch", `${shown(path)} is named as ${promise[0]} but holds ${format}.`)];
}
