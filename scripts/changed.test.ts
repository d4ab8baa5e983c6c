import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { selectionFor, SPECS } from "./changed.mjs";

const edge = (to: string) => ({ specifier: to, isType: false, isDynamic: false, to });
const graph = new Map(
  Object.entries({
    "server/core/ids.ts": [],
    "server/core/ids.test.ts": ["server/core/ids.ts"],
    "server/datasets/rules.ts": ["server/core/ids.ts"],
    "server/datasets/rules.test.ts": ["server/datasets/rules.ts"],
    "server/compute/jobs.ts": ["server/datasets/rules.ts"],
    "server/compute/jobs.db.test.ts": ["server/compute/jobs.ts"],
    "server/serving/gateway/main.mjs": [],
    "server/serving/gateway/http.test.ts": [],
    "components/ui/button.tsx": [],
    "components/datasets/list.tsx": ["components/ui/button.tsx", "server/datasets/rules.ts"],
    "components/registry/card.tsx": [],
    "app/(portal)/datasets/page.tsx": ["components/datasets/list.tsx"],
    "app/(portal)/page.tsx": ["components/ui/button.tsx"],
    "app/(portal)/models/(tabs)/[name]/page.tsx": ["components/registry/card.tsx"],
    "e2e/datasets.spec.ts": [],
    "e2e/journeys/pages.ts": [],
    "e2e/journeys/the-line.spec.ts": ["e2e/journeys/pages.ts"],
  }).map(([from, to]) => [from, to.map(edge)] as const),
);
const selected = (...changed: string[]) => selectionFor(changed, graph);

describe("what a change can reach", () => {
  it("is every test that imports it, at any distance, and the specs of its domain", () => {
    expect(selected("server/datasets/rules.ts")).toEqual({
      unit: ["server/compute/jobs.db.test.ts", "server/datasets/rules.test.ts"],
      browser: ["e2e/datasets.spec.ts"],
      routes: [],
      failures: false,
    });
  });

  it("is every domain that uses what all share", () => {
    const { unit, browser } = selected("server/core/ids.ts");
    expect(unit).toContain("server/core/ids.test.ts");
    expect(browser).toEqual(["e2e/compute.spec.ts", "e2e/datasets.spec.ts"]);
    expect(selected("components/ui/button.tsx").browser).toEqual(["e2e/datasets.spec.ts"]);
  });

  it("is the accessibility of the pages that show a part, by their addresses", () => {
    expect(selected("components/datasets/list.tsx").routes).toEqual(["/datasets"]);
    expect(selected("components/ui/button.tsx").routes).toEqual(["/", "/datasets"]);
    expect(selected("components/registry/card.tsx").routes).toEqual(["/models/[name]"]);
    expect(selected("app/(portal)/models/(tabs)/[name]/page.tsx").browser).toEqual(["e2e/registry.spec.ts"]);
  });

  it("is what lies nearest where no import leads", () => {
    for (const file of [
      "server/serving/gateway/main.mjs",
      "server/serving/gateway/model.py",
      "server/serving/gone.ts",
    ])
      expect(selected(file).unit, file).toEqual(["server/serving/gateway/http.test.ts"]);
  });

  it("is the browser specs that are changed themselves or use what is", () => {
    expect(selected("e2e/datasets.spec.ts")).toMatchObject({ unit: [], browser: ["e2e/datasets.spec.ts"] });
    expect(selected("e2e/journeys/pages.ts").browser).toEqual(["e2e/journeys/the-line.spec.ts"]);
    expect(selected("e2e/chaos/kill.ts")).toMatchObject({ browser: [], failures: true });
  });

  it("is everything where everything rests on it, and nothing where nobody runs it", () => {
    expect(selected("db/migrations/0009_next.sql")).toMatchObject({ unit: "all", browser: "all" });
    expect(selected("package-lock.json")).toMatchObject({ unit: "all", browser: "all" });
    expect(selected("e2e/fixtures/people.ts")).toMatchObject({ unit: [], browser: "all" });
    expect(selected("docs/api.md", "README.md", "server/core/ids.test.ts")).toEqual({
      unit: ["server/core/ids.test.ts"],
      browser: [],
      routes: [],
      failures: false,
    });
  });

  it("is known for each spec that there is", () => {
    const there = fs.readdirSync("e2e").filter((name) => name.endsWith(".spec.ts"));
    expect(there.map((name) => name.replace(".spec.ts", "")).toSorted()).toEqual(
      Object.keys(SPECS).toSorted(),
    );
    const folders = new Set([...fs.readdirSync("server"), ...fs.readdirSync("components")]);
    expect(
      Object.values(SPECS)
        .flat()
        .filter((name) => !folders.has(name)),
    ).toEqual([]);
  });
});
