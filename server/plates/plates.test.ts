import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PERMISSIONS } from "./permissions";
import * as rooms from "./rooms";

const server = path.resolve(import.meta.dirname, "..");
const names = Object.keys(rooms);

/** Names in quotes that begin with a room's own, such as `"registry.model.read"`. */
const namesOf = (file: string) =>
  [...fs.readFileSync(file, "utf8").matchAll(/"([a-z]+)\.[a-z_.]+"/g)].map((match) => ({
    name: match[0],
    room: match[1],
  }));

describe("the plates of the rooms", () => {
  it("are all in the house", () => {
    const found = fs.readdirSync(server).filter((name) => fs.existsSync(path.join(server, name, "plate.ts")));
    expect(names).toEqual(found.toSorted());
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
    const all = Object.values(rooms).flatMap((room) => Object.keys(room.permissions));
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
