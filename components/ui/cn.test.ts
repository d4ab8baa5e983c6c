import fs from "node:fs";
import path from "node:path";
import { extendTailwindMerge } from "tailwind-merge";
import { describe, expect, it } from "vitest";
import { cn } from "./cn";

/** The library with all of Tailwind, told of the one shadow that is ours. */
const twMerge = extendTailwindMerge({ extend: { theme: { shadow: ["popover"] } } });

const root = path.resolve(import.meta.dirname, "..", "..");

/** Every word in a string of the sources that Tailwind knows as a utility, without its variants. */
function utilities(): string[] {
  const files = ["app", "components"].flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/u.test(file) && !file.includes(".test."))
      .map((file) => fs.readFileSync(path.join(root, folder, file), "utf8")),
  );
  const words = files.flatMap((text) =>
    [...text.matchAll(/"([^"\n]*)"|`([^`]*)`/gu)].flatMap(([, plain, template]) =>
      (plain ?? template ?? "").split(/[\s${}]+/u),
    ),
  );
  const bare = words.map((word) => word.replace(/^(?:[^:[\]]|\[[^\]]*\])*:(?=[^:\]]+)/u, ""));
  // The library keeps doubles of what it does not know.
  return [...new Set(bare)].filter((word) => word !== "" && twMerge(`${word} ${word}`) === word);
}

/** One utility of each property: what all others of the sources are held against. */
function representatives(all: readonly string[]): string[] {
  const found: string[] = [];
  for (const word of all) {
    const same = (other: string) =>
      twMerge(`${other} ${word}`) === word && twMerge(`${word} ${other}`) === other;
    if (!found.some(same)) found.push(word);
  }
  return found;
}

describe("cn", () => {
  const all = utilities();

  it("finds the utilities of the sources", () => {
    expect(all.length).toBeGreaterThan(300);
    expect(all).toContain("gap-2");
    expect(all).toContain("bg-surface-raised");
  });

  it("lets a later utility win exactly where the library with all of Tailwind does", () => {
    const wrong = representatives(all).flatMap((other) =>
      all.flatMap((word) =>
        [`${other} ${word}`, `${word} ${other}`].filter((pair) => cn(pair) !== twMerge(pair)),
      ),
    );
    expect(wrong, "add the utility's group to components/ui/cn.ts").toEqual([]);
  });

  it("keeps variants apart", () => {
    expect(cn("p-2 hover:p-3", "p-4", "hover:p-5")).toBe("p-4 hover:p-5");
    expect(cn("size-4", false, undefined, "h-8!")).toBe("size-4 h-8!");
  });
});
