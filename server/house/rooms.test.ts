import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { places } from "@/server/plates/kinds";
import * as plates from "@/server/plates/rooms";
import * as rooms from "./rooms";

const root = path.resolve(import.meta.dirname, "..", "..");
const foldersOf = (folder: string) =>
  fs
    .readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
const has = (room: string, file: string) => fs.existsSync(path.join(root, "server", room, file));
const named = Object.keys(plates).toSorted();
const SHARED = ["chart", "code", "common", "data-table", "form", "kit", "shell", "ui"];

describe("a room", () => {
  it("with a door is in the house, with all of its plate", () => {
    const open = foldersOf("server").filter((room) => has(room, "router.ts") && room !== "house");
    expect(Object.keys(rooms).toSorted()).toEqual(open.toSorted());
    expect(named).toEqual(open.toSorted());
    for (const room of open)
      for (const file of ["doors.ts", "kinds.ts", "permissions.ts", "rest.ts"])
        expect({ room, file, has: has(room, file) }).toEqual({ room, file, has: true });
  });

  it("keeps its name in the schema and among the components", () => {
    const tables = fs.readdirSync(path.join(root, "db", "schema")).map((file) => file.replace(/\.ts$/, ""));
    expect(tables.filter((name) => !["core", "index", ...named].includes(name))).toEqual([]);
    expect(foldersOf("components").filter((name) => ![...SHARED, ...named].includes(name))).toEqual([]);
  });

  it("says in its kinds where its pages are", () => {
    const known = new Set(places.map((place) => place.href.split("/")[1]));
    expect(foldersOf("app/(portal)").filter((folder) => !known.has(folder))).toEqual([]);
  });
});
