// How far jobs are kept apart from us and from one another on this machine, found by trying it.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { becomeUser, jailed, SETUP_PATH, variablesScript, WITHOUT_RIGHTS, withVariables } from "./jail.mjs";
import { userRange } from "../../../process-users.mjs";

const TRIAL_MS = 10_000;

/**
 * `namespaces+user`: a user of its own, and only its own files, processes and devices in sight. `namespaces`: the same sight as
 * our own user. `user`: a user of its own, in sight of the system. `none`: as our own user.
 * @typedef {"namespaces+user" | "namespaces" | "user" | "none"} IsolationLevel
 * @typedef {{ level: IsolationLevel, nested: boolean, range: import("../../../process-users.mjs").UserRange | null }} Isolation
 */

/** @type {Isolation} */
export const NOT_ISOLATED = { level: "none", nested: false, range: null };

/** @param {Isolation} isolation */
export const hasNamespaces = ({ level }) => level.startsWith("namespaces");

/** Lets other users pass through our folders, which they cannot list, to those that are theirs. @param {string[]} folders */
export function letPass(folders) {
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    chmodSync(folder, 0o711);
  }
}

/**
 * Starts a command in isolation, as the leader of a process group.
 * @param {object} task
 * @param {Isolation} task.isolation
 * @param {number | null} task.uid the job's user, where there is one
 * @param {Omit<Parameters<typeof jailed>[0], "cwd" | "user" | "nested">} task.jail
 * @param {string[]} task.command
 * @param {string} task.cwd
 * @param {Record<string, string>} task.env
 * @param {Record<string, string>} task.setupEnv what may be known of the attempt before the job's own variables are
 * @param {(words: string[]) => string[]} task.wrap makes arguments for `sh` of the isolated command
 */
export function startIsolated({ isolation, uid, jail, command, cwd, env, setupEnv, wrap }) {
  const { level, nested } = isolation;
  const inNamespaces = hasNamespaces(isolation);
  const words = () => {
    if (inNamespaces) {
      const user = { uid: uid ?? (process.getuid?.() || 65_534), isOwn: uid !== null };
      return jailed({ ...jail, cwd, user, nested }, command);
    }
    if (uid === null) return command;
    return ["setpriv", ...becomeUser(uid), ...WITHOUT_RIGHTS, "--", ...withVariables(command)];
  };
  const channel = inNamespaces ? "pipe" : "ignore";
  const child = spawn("/bin/sh", wrap(words()), {
    cwd,
    env: level === "none" ? env : { ...setupEnv, PATH: SETUP_PATH },
    detached: true,
    stdio: ["ignore", "pipe", "pipe", channel, channel, level === "none" ? "ignore" : "pipe"],
  });
  const [, , , news, lifeline, variables] = child.stdio;
  /** @type {{ init: number | null, started: boolean }} */
  const seen = { init: null, started: !inNamespaces };
  let text = "";
  if (news && "on" in news) {
    news.on("data", (/** @type {Buffer} */ chunk) => {
      text += chunk.toString();
      const init = /^init (\d+)$/m.exec(text)?.[1];
      if (init !== undefined) seen.init = Number(init);
      seen.started ||= /^start$/m.test(text);
    });
    news.on("error", () => undefined);
  }
  lifeline?.on("error", () => undefined);
  if (variables && "write" in variables) {
    variables.on("error", () => undefined);
    variables.end(variablesScript(env));
  }
  // Ends the first process of the namespace, and with it, by the kernel, whatever is left inside.
  const release = () => lifeline?.destroy();
  return { child, seen, release };
}

/** Whether a command can write its mark under this isolation. @param {Isolation} isolation @param {string} root */
async function works(isolation, root) {
  const folder = path.join(root, `probe-${randomUUID()}`);
  const work = path.join(folder, "work");
  const uid = isolation.range?.first ?? null;
  try {
    mkdirSync(work, { recursive: true, mode: 0o700 });
    if (isolation.level === "user") letPass([folder]);
    if (uid !== null) chownSync(work, uid, uid);
    const view = { searchPath: SETUP_PATH, readable: [], writable: [work], hidden: [root] };
    const { child, seen, release } = startIsolated({
      isolation,
      uid,
      jail: { stage: path.join(folder, "jail"), scratchBytes: 2 ** 20, view },
      command: [
        "/bin/sh",
        "-c",
        'test "$MARK" = yes && ! cat /proc/1/environ > /dev/null 2>&1 && echo ok > mark',
      ],
      cwd: work,
      env: { PATH: SETUP_PATH, MARK: "yes" },
      setupEnv: {},
      wrap: (words) => ["-c", 'exec "$@"', "sh", ...words],
    });
    child.stdout.resume();
    child.stderr.resume();
    const code = await new Promise((resolve) => {
      const late = setTimeout(() => child.kill("SIGKILL"), TRIAL_MS);
      const done = (/** @type {number | null} */ value) => {
        clearTimeout(late);
        resolve(value);
      };
      child.once("exit", done);
      child.once("error", () => done(null));
    });
    release();
    const mark = path.join(work, "mark");
    return code === 0 && seen.started && existsSync(mark) && (uid === null || statSync(mark).uid === uid);
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The best isolation that works here. Tried as jobs use it, because what a kernel, a container or a policy of the system allows
 * cannot be read anywhere.
 * @param {string} root folder of the cluster @param {string[]} ours folders above it that may be opened for passing through
 * @param {"user"} [atMost]
 * @returns {Promise<Isolation>}
 */
export async function probeIsolation(root, ours, atMost) {
  if (os.platform() !== "linux") return NOT_ISOLATED;
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const range = userRange("jobs");
  const level = range === null ? "namespaces" : "namespaces+user";
  for (const nested of atMost === undefined ? [true, false] : []) {
    /** @type {Isolation} */
    const wanted = { level, nested, range };
    if (await works(wanted, root)) return wanted;
  }
  if (range === null) return NOT_ISOLATED;
  letPass([...ours, root]);
  /** @type {Isolation} */
  const asUser = { level: "user", nested: false, range };
  return (await works(asUser, root)) ? asUser : NOT_ISOLATED;
}
