import fs from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Round, Victim } from "./schedule";

const Mark = z.looseObject({ pid: z.number().int().min(2) });
/** As long as the line itself is waited for: a victim may be late because of those that were killed before it. */
const FIND_MS = 150_000;

function readMark(file: string): number | undefined {
  try {
    const parsed = Mark.safeParse(JSON.parse(fs.readFileSync(file, "utf8")));
    return parsed.success ? parsed.data.pid : undefined;
  } catch {
    return undefined;
  }
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const commandOf = (pid: number) => readText(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
const parentOf = (pid: number) => Number(/\) \S (\d+)/.exec(readText(`/proc/${pid}/stat`))?.[1]);
const allPids = () =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The server's first process, as Postgres itself notes it. */
export function postmasterOf(home: string): number | undefined {
  const pid = Number(readText(path.join(home, "pg", "data", "postmaster.pid")).split("\n")[0]);
  return pid > 1 && commandOf(pid).includes("postgres") ? pid : undefined;
}

/** Attempts that run a command now: their keeper, and the leader of the job's process group. */
function runningAttempts(home: string): { keeper: number | undefined; leader: number | undefined }[] {
  const folder = path.join(home, "jobs", "attempts");
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names
    .filter((name) => !fs.existsSync(path.join(folder, name, "status.json")))
    .filter((name) => readText(path.join(folder, name, "spec.json")).includes("CHAOS_SIDE_JOB"))
    .map((name) => {
      const state = readText(path.join(folder, name, "state.json"));
      const leader = z
        .looseObject({ leader: Mark.nullish() })
        .safeParse(state === "" ? null : JSON.parse(state));
      return {
        keeper: readMark(path.join(folder, name, "started.json")),
        leader: leader.success ? leader.data.leader?.pid : undefined,
      };
    });
}

function findPid(home: string, victim: Victim, random: () => number): number | undefined {
  const any = (pids: (number | undefined)[]) => {
    const known = pids.filter((pid) => pid !== undefined);
    return known[Math.floor(random() * known.length)];
  };
  switch (victim) {
    case "postgres":
      return postmasterOf(home);
    case "backend": {
      const postmaster = postmasterOf(home);
      return any(
        allPids().filter(
          (pid) => parentOf(pid) === postmaster && commandOf(pid).includes(" modelworks_app modelworks"),
        ),
      );
    }
    case "job":
      return any(runningAttempts(home).map(({ leader }) => leader));
    case "keeper":
      return any(runningAttempts(home).flatMap(({ keeper, leader }) => (leader ? [keeper] : [])));
    default:
      return readMark(path.join(home, "run", `${victim}.json`));
  }
}

/** Alive (what has ended but not been waited for has no command line any more), and of this home or a child of it. */
const belongsTo = (pid: number, home: string) =>
  commandOf(pid) !== "" &&
  [pid, parentOf(pid)].some(
    (each) => readText(`/proc/${each}/environ`).includes(home) || commandOf(each).includes(home),
  );

/** Kills one victim of this home with -9; waits for it to be there when it is just being started again. */
async function kill(home: string, victim: Victim, random: () => number): Promise<number> {
  const limit = Date.now() + FIND_MS;
  for (;;) {
    const pid = findPid(home, victim, random);
    if (pid !== undefined && belongsTo(pid, home)) {
      try {
        process.kill(pid, "SIGKILL");
        return pid;
      } catch {
        // Gone since; its successor comes.
      }
    }
    if (Date.now() > limit) throw new Error(`No ${victim} of ${home} to kill within ${FIND_MS / 1000} s.`);
    await pause(20);
  }
}

/** Pause before each round that is left when what it was meant to disturb is over. */
const HURRY_MS = 500;

/** Plays the rounds one after another, and says what was killed. Makes haste when `part`, which they are to disturb, is over. */
export async function killAll(
  home: string,
  rounds: readonly Round[],
  part: Promise<unknown>,
  random: () => number,
  killed: (victim: Victim, pid: number) => void,
): Promise<void> {
  for (const { victim, afterMs } of rounds) {
    await Promise.race([pause(afterMs), part.then(() => pause(HURRY_MS))]);
    killed(victim, await kill(home, victim, random));
  }
}

/** Processes whose environment or command line names this home. */
export function processesOf(home: string): { pid: number; command: string }[] {
  return allPids()
    .filter((pid) => pid !== process.pid)
    .filter((pid) => readText(`/proc/${pid}/environ`).includes(home) || commandOf(pid).includes(home))
    .map((pid) => ({ pid, command: commandOf(pid) }));
}
