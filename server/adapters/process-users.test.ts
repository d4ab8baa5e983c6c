import { spawn } from "node:child_process";
import { readlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { waitFor } from "@/db/testing";
import { USER_RANGES, userRange } from "./process-users.mjs";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
/** The highest number in a container that maps as many as most do; 65,534 is nobody's, 65,535 means none. */
const CONTAINER_END = 65_534;

describe("users for programs that are not trusted", () => {
  it("never serve two purposes, and fit where a container maps 65,536", () => {
    const all = Object.values(USER_RANGES)
      .flat()
      .toSorted((a, b) => a.first - b.first);
    for (const [index, { first, count }] of all.entries()) {
      const next = all[index + 1];
      if (next) expect(first + count, String(first)).toBeLessThanOrEqual(next.first);
    }
    for (const [purpose, ranges] of Object.entries(USER_RANGES)) {
      expect(
        ranges.some(({ first, count }) => first > 60_000 && first + count <= CONTAINER_END),
        purpose,
      ).toBe(true);
    }
  });

  it.runIf(isRoot)("are those that the process's own namespace maps", async () => {
    const program = path.join(import.meta.dirname, "process-users.mjs");
    const script = `import(${JSON.stringify(program)}).then(({ userRange }) =>
      console.log(JSON.stringify([userRange("jobs"), userRange("models")])))`;
    const within = async (length: number) => {
      // It waits for its map, which only somebody outside may write.
      const child = spawn(
        "unshare",
        ["--user", "sh", "-c", 'read _; exec "$0" -e "$1"', process.execPath, script],
        {
          stdio: ["pipe", "pipe", "inherit"],
        },
      );
      const namespaceOf = (pid: number | "self") => readlinkSync(`/proc/${pid}/ns/user`);
      const pid = child.pid ?? 0;
      await waitFor(() => namespaceOf(pid) !== namespaceOf("self"), { what: "the namespace" });
      for (const map of ["uid_map", "gid_map"]) writeFileSync(`/proc/${pid}/${map}`, `0 0 ${length}`);
      child.stdin.end("\n");
      return JSON.parse(await text(child.stdout)) as unknown;
    };
    expect(await within(65_536)).toEqual([USER_RANGES.jobs[1], USER_RANGES.models[1]]);
    expect(await within(1_000)).toEqual([null, null]);
  });

  it.runIf(!isRoot)("are handed out by root only", () => {
    expect(userRange("jobs")).toBe(null);
  });
});
