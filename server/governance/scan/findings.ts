import { clip } from "@/server/core/characters";
export type Severity = "info" | "warning" | "critical";
export type ScanVerdict = "pass" | "fail" | "indeterminate";

export interface Finding {
  code: string;
  message: string;
  /** `critical` fails the file, `warning` sends it to people, `info` only informs. */
  severity: Severity;
}

export const critical = (code: string, message: string): Finding => ({ code, message, severity: "critical" });
export const warning = (code: string, message: string): Finding => ({ code, message, severity: "warning" });
export const info = (code: string, message: string): Finding => ({ code, message, severity: "info" });

export function verdictOf(findings: readonly Finding[]): ScanVerdict {
  if (findings.some((finding) => finding.severity === "critical")) return "fail";
  return findings.some((finding) => finding.severity === "warning") ? "indeterminate" : "pass";
}

/** A file's own text in a finding: printable, short, in quotes. */
export const shown = (text: string): string => JSON.stringify(clip(text, 80));
