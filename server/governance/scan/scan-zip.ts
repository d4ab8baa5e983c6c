import { critical, shown, warning, type Finding } from "./findings";
import { scanPickle } from "./pickle";
import { strayFindings } from "./pickle-findings";
import type { FileSource } from "./source";
import type { UnpackBudget } from "./unpack-budget";
import { readZip, type ZipEntry } from "./zip";
import { readDirectory, ZipError } from "./zip-directory";

const MAX_ENTRIES = 20_000;
const MAX_DEPTH = 3;
const MAX_FINDINGS = 200;

export interface ZipScan {
  /** How many containers this one lies in. */
  depth: number;
  budget: UnpackBudget;
  scanMember: (this: void, member: FileSource, name: string) => Finding[];
}

/** Every member of an archive, whatever it is called; the members of a torch archive as torch reads them. */
export function scanZip(source: FileSource, { depth, budget, scanMember }: ZipScan): Finding[] {
  if (depth >= MAX_DEPTH) return [critical("zip.nesting", "Archives are nested too deeply.")];
  try {
    const torchRoot = readDirectory(source, MAX_ENTRIES)
      .entries.map((entry) => /^([^/]+)\/data\.pkl$/.exec(entry.name)?.[1])
      .find((root) => root !== undefined);
    const findings: Finding[] = [];
    // One after another: what is unpacked of one is let go before the next.
    for (const entry of readZip(source, { maxEntries: MAX_ENTRIES, budget }))
      findings.push(...inside(entry.name, memberFindings(entry, torchRoot, scanMember)));
    return findings.slice(0, MAX_FINDINGS);
  } catch (error) {
    if (error instanceof ZipError)
      return [critical("zip.malformed", `The archive cannot be trusted: ${error.message}.`)];
    throw error;
  }
}

function memberFindings(
  { name, content }: ZipEntry,
  torchRoot: string | undefined,
  scanMember: ZipScan["scanMember"],
): Finding[] {
  if (content === undefined)
    return [warning("zip.method", "It is compressed in a way that the scanner does not open.")];
  if (name.endsWith("/") && content.size === 0) return [];
  const inTorch = torchRoot !== undefined && name.startsWith(`${torchRoot}/`);
  const place = inTorch ? name.slice(torchRoot.length + 1) : "";
  return torchMember(place, content) ?? scanMember(content, name);
}

/** Findings on a member that torch reads in a way of its own; undefined for others. */
function torchMember(place: string, content: FileSource): Finding[] | undefined {
  if (place === "data.pkl" || place === "constants.pkl" || place.endsWith(".debug_pkl")) {
    const { findings, end } = scanPickle(content, { persistentIds: true });
    if (end === undefined || end === content.size) return findings;
    const message = `${content.size - end} bytes follow the end of the pickle.`;
    return [...findings, critical("pickle.trailing-data", message)];
  }
  // Torch reads these as raw numbers, yet another program may be given them.
  if (/^(?:data|constants)\/\d+$/.test(place)) return strayFindings(content);
  if (place.startsWith("code/"))
    return [
      warning("torch.script", "It is TorchScript, code that runs when the model is used."),
      ...strayFindings(content),
    ];
  return undefined;
}

const inside = (name: string, findings: readonly Finding[]): Finding[] =>
  findings.map((finding) => ({ ...finding, message: `In ${shown(name)}: ${finding.message}` }));
