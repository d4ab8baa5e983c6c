import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { RoomKinds } from "./kind";
import { places, topicNamed } from "./kinds";
import { PERMISSIONS } from "./permissions";
import * as tables from "./permission-tables";
import * as rooms from "./rooms";

const server = path.resolve(import.meta.dirname, "..");
const names = Object.keys(rooms).toSorted();

/** Names in quotes that begin with a room's own, such as `"registry.model.read"`. */
const namesOf = (file: string) =>
  [...fs.readFileSync(file, "utf8").matchAll(/"([a-z]+)\.[a-z_.]+"/g)].map((match) => ({
    name: match[0],
    room: match[1],
  }));

describe("the plates of the rooms", () => {
  it("are all in the house", () => {
    const found = fs
      .readdirSync(server)
      .filter((name) => name !== "plates" && fs.existsSync(path.join(server, name, "kinds.ts")));
    expect(names).toEqual(found.toSorted());
    expect(Object.keys(tables).toSorted()).toEqual(names);
    expect(found.length).toBeGreaterThan(10);
  });

  it.each(names.flatMap((room) => ["permissions.ts", "events.ts"].map((file) => [room, file] as const)))(
    "%s names nothing of another room in its %s",
    (room, file) => {
      const full = path.join(server, room, file);
      if (!fs.existsSync(full)) return;
      const own = namesOf(full);
      expect(own.length).toBeGreaterThan(0);
      expect(own.filter((each) => each.room !== room)).toEqual([]);
    },
  );

  it("give one table, with every permission of every room in it", () => {
    const all = Object.values(tables).flatMap((table) => Object.keys(table));
    expect(Object.keys(PERMISSIONS).toSorted()).toEqual(all.toSorted());
  });

  it("leave core without a room's name", () => {
    const files = fs
      .readdirSync(path.join(server, "core"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.includes(".test."));
    const named = files.flatMap((file) =>
      namesOf(path.join(server, "core", file))
        .filter((each) => names.includes(each.room ?? ""))
        .map((each) => `${file}: ${each.name}`),
    );
    expect(named).toEqual([]);
  });
});

/** Text of every source file that is no test, by its path. */
const sources = ["server", "components", "app"].flatMap((top) =>
  fs
    .readdirSync(path.join(server, "..", top), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.|\.spec\.|testing/.test(file))
    .map((file) => ({
      file: `${top}/${file}`,
      text: fs.readFileSync(path.join(server, "..", top, file), "utf8"),
    })),
);

describe("the kinds of the rooms", () => {
  const kinds = Object.entries(rooms).map(([room, own]) => [room, own as RoomKinds] as const);

  it.each(["ids", "things", "statuses"] as const)("name no %s twice", (part) => {
    const all = kinds.flatMap(([, each]) => Object.keys(each[part]));
    expect(all).toEqual([...new Set(all)]);
  });

  it("give each id its own beginning, and each place its own address and key", () => {
    for (const all of [
      kinds.flatMap(([, each]) => Object.values(each.ids)),
      places.map((place) => place.href),
      places.flatMap((place) => place.key ?? []),
      places.map((place) => `${place.group} ${place.at}`),
    ])
      expect(all).toEqual([...new Set(all)]);
  });

  it("are the only files that put an address of a room's page together", () => {
    const heads = places.map((place) => place.href.slice(1)).filter(Boolean);
    const address = new RegExp(String.raw`\x60/(${heads.join("|")})/\$\{`);
    const others = sources.filter(
      ({ file, text }) => !/\/kinds\.ts$|^server\/http\//.test(file) && address.test(text),
    );
    expect(others.map(({ file }) => file)).toEqual([]);
  });
});

describe("live topics", () => {
  const makers = sources
    .filter(({ file }) => /^server\/[a-z]+\/kinds\.ts$/.test(file))
    .flatMap(({ file, text }) =>
      [...text.matchAll(/export const (\w+Topic) = (?:personalTopicOf|topicOf|topic)\("([\w-]+)"\)/g)].map(
        (match) => [match[1] ?? "", match[2] ?? "", file] as const,
      ),
    );
  const usedIn = (name: string, where: RegExp) =>
    sources.some(
      ({ file, text }) =>
        where.test(file) && !file.endsWith("/kinds.ts") && new RegExp(`\\b${name}\\b`).test(text),
    );

  it.each(makers)("%s is sent and heard", (name, _topic, file) => {
    expect(usedIn(name, /^server\//)).toBe(true);
    expect(usedIn(name, /^(components|app)\//)).toBe(true);
    expect(file).toMatch(/kinds\.ts$/);
  });

  it("are all in their room's list, so that a subscription may name them", () => {
    expect(makers.length).toBeGreaterThan(15);
    for (const [, name] of makers)
      expect({ name, found: topicNamed(name, "me") ?? topicNamed(`${name}:me`, "me") }).toEqual({
        name,
        found: expect.any(String),
      });
  });

  it("of a person are for that person, and what no room has is no topic", () => {
    expect(topicNamed("inbox:me", "me")).toBe("inbox:me");
    expect(topicNamed("inbox:you", "me")).toBeUndefined();
    expect(topicNamed("nothing", "me")).toBeUndefined();
    expect(topicNamed("nothing:1", "me")).toBeUndefined();
    expect(topicNamed("version:1", "me")).toBeUndefined();
  });
});
