import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const server = path.resolve(import.meta.dirname, "..");

/**
 * Imports the `jobs.ts` of every room, which registers its handlers, workflows and ticks. Found by their name: a list that forgot one would leave
 * its events without handlers, and nobody would notice.
 */
export async function loadJobs(): Promise<string[]> {
  const rooms = fs.readdirSync(server).filter((room) => fs.existsSync(path.join(server, room, "jobs.ts")));
  for (const room of rooms) await import(pathToFileURL(path.join(server, room, "jobs.ts")).href);
  return rooms;
}
