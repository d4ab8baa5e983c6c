import { digestOf } from "../../core/digest";
import { critical, shown, verdictOf, warning } from "./findings";
import type { Finding, ScanVerdict } from "./findings";
import { looksLikeNpy, scanNpy } from "./npy";
import { checkOnnxWire } from "./onnx-wire";
import { scanOnnx } from "./onnx";
import type { OnnxModel, OnnxOptions } from "./onnx";
import { looksLikeBinaryPickle, looksLikeTextPickle, scanPickle } from "./pickle";
import { IMPORT_LIST_DIGEST } from "./pickle-imports";
import { looksLikeSafetensors, scanSafetensors } from "./safetensors";
import type { FileSource } from "./source";
import { findZipEnd, looksLikeZip, readZip, ZipError } from "./zip";

/** Raise when the scanner's code changes what it finds. */
export const SCANNER_VERSION = "1.0.0";
export const SCANNER = {
  version: SCANNER_VERSION,
  listDigest: digestOf([SCANNER_VERSION, IMPORT_LIST_DIGEST]),
} as const;

export type FileFormat =
  | "safetensors"
  | "onnx"
  | "pickle"
  | "zip"
  | "npy"
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
  /** Unpacked size of an archive. */
  maxUnpackedBytes?: number;
}

type Scanned = Pick<ScanResult, "format" | "findings" | "onnx">;

const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;
const MAX_ZIP_DEPTH = 3;
const TAIL_BYTES = 22 + 0xffff;

/** Finds out by content what a file is and whether loading it is safe. Never executes or unpickles anything. */
export async function scanFile(source: FileSource, options: ScanOptions = {}): Promise<ScanResult> {
  const scanned = await scanSource(source, options);
  const findings = [...scanned.findings, ...nameFindings(scanned.format, options.path)];
  return {
    ...scanned,
    findings,
    verdict: verdictOf(findings),
    scannerVersion: SCANNER.version,
    listDigest: SCANNER.listDigest,
  };
}

async function scanSource(source: FileSource, options: ScanOptions): Promise<Scanned> {
  if (source.size === 0) return { format: "empty", findings: [] };
  if (await looksLikeSafetensors(source))
    return { format: "safetensors", findings: await scanSafetensors(source) };
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  if (source.size > maxBytes) {
    return {
      format: "unknown",
      findings: [
        warning("scan.too-large", `The file has ${source.size} bytes; at most ${maxBytes} can be scanned.`),
      ],
    };
  }
  return scanBytes(await source.read(0, source.size), options, 0);
}

function scanBytes(bytes: Uint8Array, options: ScanOptions, depth: number): Scanned {
  if (bytes.length === 0) return { format: "empty", findings: [] };
  if (looksLikeZip(bytes)) return { format: "zip", findings: scanZip(bytes, options, depth) };
  const hidden = hiddenArchive(bytes);
  const scanned = scanSingle(bytes, options);
  return { ...scanned, findings: [...hidden, ...scanned.findings] };
}

function scanSingle(bytes: Uint8Array, options: ScanOptions): Scanned {
  if (looksLikeNpy(bytes)) return { format: "npy", findings: scanNpy(bytes) };
  if (looksLikeBinaryPickle(bytes) || looksLikeTextPickle(bytes))
    return { format: "pickle", findings: scanPickle(bytes) };
  const known = MAGIC.find(([, magic]) => Buffer.from(bytes.subarray(0, magic.length)).equals(magic));
  if (known !== undefined) return { format: known[0], findings: [] };
  if (isText(bytes)) return { format: "text", findings: [] };
  if (looksLikeOnnx(bytes)) {
    const { model, findings } = scanOnnx(bytes, options);
    return model === undefined ? { format: "onnx", findings } : { format: "onnx", findings, onnx: model };
  }
  return {
    format: "unknown",
    findings: [warning("scan.unknown-format", "The format is not one that the scanner knows.")],
  };
}

const MAGIC: readonly (readonly [FileFormat, Buffer])[] = [
  ["image", Buffer.from("89504e470d0a1a0a", "hex")],
  ["image", Buffer.from("ffd8ff", "hex")],
  ["parquet", Buffer.from("PAR1")],
];

/** Archive readers look from the end, so another format in front would hide the archive. */
function hiddenArchive(bytes: Uint8Array): Finding[] {
  return findZipEnd(bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES))) === undefined
    ? []
    : [critical("scan.hidden-archive", "An archive is hidden behind other content.")];
}

function isText(bytes: Uint8Array): boolean {
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

function scanZip(bytes: Uint8Array, options: ScanOptions, depth: number): Finding[] {
  if (depth >= MAX_ZIP_DEPTH) return [critical("zip.nesting", "Archives are nested too deeply.")];
  try {
    const entries = readZip(bytes, {
      maxEntries: 20_000,
      maxUnpackedBytes: options.maxUnpackedBytes ?? 2 * DEFAULT_MAX_BYTES,
    });
    const torchRoot = entries
      .map((entry) => /^([^/]+)\/data\.pkl$/.exec(entry.name)?.[1])
      .find((root) => root !== undefined);
    return entries.flatMap((entry) => {
      if (entry.name.endsWith("/") && entry.bytes.length === 0) return [];
      const inTorch = torchRoot !== undefined && entry.name.startsWith(`${torchRoot}/`);
      // Torch reads these as raw numbers, whatever they look like.
      if (inTorch && /^\/data\/\d+$/.test(entry.name.slice(torchRoot.length))) return [];
      if (inTorch && entry.name === `${torchRoot}/data.pkl`)
        return inside(entry.name, scanPickle(entry.bytes, { persistentIds: true }));
      if (inTorch && entry.name.startsWith(`${torchRoot}/code/`)) {
        return inside(entry.name, [warning("torch.script", "The archive carries TorchScript code.")]);
      }
      return inside(entry.name, scanBytes(entry.bytes, options, depth + 1).findings);
    });
  } catch (error) {
    if (error instanceof ZipError)
      return [critical("zip.malformed", `The archive cannot be trusted: ${error.message}.`)];
    throw error;
  }
}

const inside = (name: string, findings: readonly Finding[]): Finding[] =>
  findings.map((finding) => ({ ...finding, message: `In ${shown(name)}: ${finding.message}` }));

const PROMISES: readonly (readonly [RegExp, readonly FileFormat[]])[] = [
  [/\.safetensors$/i, ["safetensors"]],
  [/\.onnx$/i, ["onnx"]],
  [/\.(json|ya?ml|txt|md|csv|toml|py)$|(^|\/)MLmodel$/i, ["text", "empty"]],
  [/\.npy$/i, ["npy"]],
  [/\.(npz|zip)$/i, ["zip"]],
  [/\.(pkl|pickle|joblib)$/i, ["pickle"]],
  [/\.(pt|pth|ckpt)$/i, ["zip", "pickle"]],
];

function nameFindings(format: FileFormat, path: string | undefined): Finding[] {
  const promise = path === undefined ? undefined : PROMISES.find(([pattern]) => pattern.test(path));
  if (path === undefined || promise === undefined || promise[1].includes(format)) return [];
  return [critical("scan.name-mismatch", `${shown(path)} is named as ${promise[1][0]} but holds ${format}.`)];
}
