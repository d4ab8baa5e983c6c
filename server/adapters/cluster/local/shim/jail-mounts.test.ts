import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jailView } from "./jail-mounts.mjs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(realpathSync(tmpdir()), "mw-mounts-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const shown = (searchPath: string) => {
  const { binds, masks } = jailView({ searchPath, readable: [], writable: [], hidden: [] });
  return { places: binds.map(({ to }) => to), masks };
};

describe.runIf(process.platform === "linux")("what a job is shown of the machine", () => {
  it("is, of the search path, an installation whole, and elsewhere the programs alone", () => {
    for (const name of ["python/bin", "python/lib", "app/bin", "app/settings"])
      mkdirSync(path.join(folder, name), { recursive: true });
    const { places } = shown([path.join(folder, "python/bin"), path.join(folder, "app/bin")].join(":"));
    expect(places.filter((place) => place.startsWith(folder)).toSorted()).toEqual([
      path.join(folder, "app/bin"),
      path.join(folder, "python"),
    ]);
  });

  it.runIf(existsSync("/etc/ssl/private"))("is no private key of a service", () => {
    const { places, masks } = shown("/usr/bin");
    expect(places.some((place) => "/etc/ssl/private".startsWith(place))).toBe(true);
    expect(masks).toContain("/etc/ssl/private");
  });
});
