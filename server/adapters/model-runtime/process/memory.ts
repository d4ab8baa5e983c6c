import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const MIB = 1024 ** 2;
export interface MemoryBounds {
  /** Resident memory above which the process is ended. */
  residentBytes: number;
  /** Data above which the kernel refuses an allocation, so that the model gets an error instead of an end. */
  dataBytes: number;
}

export const memoryBounds = (
  modelBytes: number,
  { runtimeBytes, reservedBytes }: { runtimeBytes: number; reservedBytes: number },
): MemoryBounds => ({
  residentBytes: runtimeBytes + modelBytes,
  dataBytes: runtimeBytes + reservedBytes + modelBytes,
});

/** Resident memory of a process of this machine; 0 when it is gone. */
export async function residentBytes(pid: number): Promise<number> {
  try {
    if (process.platform === "linux") {
      const status = await readFile(`/proc/${pid}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
    }
    const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
    return Number(stdout.trim()) * 1024;
  } catch {
    return 0;
  }
}

export const inMebibytes = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
