// A Python that can build environments.
import { spawnSync } from "node:child_process";
import { JobFailure } from "./files.mjs";

const CANDIDATES = ["python3.13", "python3.12", "python3.11", "python3.10", "python3"];
const PROBE_TIMEOUT_MS = 20_000;
const PROBE = `
import importlib.util, json, platform, sys, sysconfig
print(json.dumps({
  "version": platform.python_version(), "minor": sys.version_info[:2], "executable": sys.executable,
  "prefixes": sorted({sys.base_prefix, sys.base_exec_prefix}), "implementation": platform.python_implementation(), "platform": sysconfig.get_platform(),
  "venv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
}))`;

/**
 * @typedef {{ version: string, minor: [number, number], executable: string, prefixes: string[], implementation: string, platform: string, venv: boolean }} Python
 */

/** @param {string} name @param {Record<string, string>} env @param {number | null} uid @returns {Python | null} */
function probe(name, env, uid) {
  const { status, stdout } = spawnSync(name, ["-c", PROBE], {
    ...(uid === null ? {} : { uid, gid: uid }),
    cwd: "/",
    env,
    encoding: "utf8",
    timeout: PROBE_TIMEOUT_MS,
  });
  if (status !== 0) return null;
  try {
    return JSON.parse(stdout);
  } catch {
    return null;
  }
}

/** @param {Python} python */
const isNewEnough = ({ minor: [major, minor] }) => major === 3 && minor >= 10;

/**
 * The Python to build with: the chosen one, or the newest of 3.13 to 3.10 on the path. Fails with what to install.
 * @param {string | null} chosen @param {Record<string, string>} env the environment in which to look and run
 * @param {number | null} uid the user who has to be able to run it
 * @returns {Python}
 */
export function findPython(chosen, env, uid) {
  if (chosen !== null) {
    const python = probe(chosen, env, uid);
    if (python === null) {
      throw new JobFailure(
        `Python "${chosen}" (set by MODELWORKS_PYTHON) does not run: set it to a Python 3.10 or newer, or leave it out`,
      );
    }
    if (!isNewEnough(python)) {
      throw new JobFailure(
        `Python "${chosen}" (set by MODELWORKS_PYTHON) is ${python.version}: set it to a Python 3.10 or newer`,
      );
    }
    return requireVenv(python);
  }
  let older = "";
  for (const name of CANDIDATES) {
    const python = probe(name, env, uid);
    if (python === null) continue;
    if (isNewEnough(python)) return requireVenv(python);
    older ||= `, only ${python.version}`;
  }
  const install =
    process.platform === "darwin"
      ? "brew install python@3.12"
      : "apt-get install python3 python3-venv (on Debian or Ubuntu)";
  throw new JobFailure(
    `This machine has no Python 3.10 or newer${older}: install it with ${install}, or set MODELWORKS_PYTHON to one, then start the job again`,
  );
}

/** @param {Python} python */
function requireVenv(python) {
  if (python.venv) return python;
  throw new JobFailure(
    `Python ${python.version} cannot build environments because its venv module is missing: install it with apt-get install python3-venv (or python${python.minor.join(".")}-venv), then start the job again`,
  );
}
