import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PERMISSIONS } from "@/server/core/authz/permissions";
import { allVerbs } from "@/server/core/verb";
import { restRoutes } from "./rest-routes";
import { procedures } from "./testing/procedures";

function filesUnder(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(full);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) ? [full] : [];
  });
}

const actionFiles = ["app", "components", "server"]
  .flatMap(filesUnder)
  .map((file) => ({ file, text: fs.readFileSync(file, "utf8") }))
  .filter(({ text }) => /^\s*["']use server["'];?\s*$/m.test(text));

describe("every door asks the table", () => {
  it("finds procedures, routes and actions at all", () => {
    expect(procedures.length).toBeGreaterThan(20);
    expect(restRoutes.length).toBeGreaterThan(10);
    expect(actionFiles.length).toBeGreaterThan(0);
  });

  it.each(procedures)("tRPC $path", ({ permission, verb }) => {
    expect(PERMISSIONS).toHaveProperty([permission ?? "missing"]);
    expect(verb === "live" || allVerbs().some((each) => each.definition.name === verb)).toBe(true);
  });

  it.each(restRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "REST %s",
    (_name, route) => {
      expect(PERMISSIONS).toHaveProperty([route.verb.definition.permission]);
      const writes = route.verb.kind === "mutation";
      expect(writes && route.method === "get").toBe(false);
    },
  );

  it("has no two REST routes at one address", () => {
    const addresses = restRoutes.map((route) => `${route.method} ${route.path.replaceAll(/\{\w+\}/g, "{}")}`);
    expect(addresses).toEqual([...new Set(addresses)]);
  });

  it.each(
    allVerbs()
      .filter((verb) => verb.kind === "mutation")
      .map((verb) => [verb.definition.name, verb] as const),
  )("the mutation %s is audited or says why not", (_name, verb) => {
    const { audit = "required" } = verb.definition;
    expect(audit === "required" || /^none: \w.{10,}/.test(audit)).toBe(true);
  });

  it.each(actionFiles.map(({ file, text }) => [file, text] as const))(
    "server actions of %s go through a verb",
    (_file, text) => {
      const body = text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, "");
      const exported = body
        .split(/^export /m)
        .slice(1)
        .filter((part) => !/^(type|interface)\b/.test(part));
      expect(exported.length).toBeGreaterThan(0);
      for (const part of exported)
        expect(part).toMatch(/^async function \w+\([^)]*\)[^{]*\{\s*return runAction\(/);
    },
  );
});
