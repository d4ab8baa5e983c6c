// The variables that a job and the building of its environment see, made from nothing.
import path from "node:path";
import { JOB_NAME } from "./jail.mjs";
import { MARKER_NAME } from "./process-tree.mjs";

/** Numeric libraries start a thread for every CPU they see unless told otherwise. */
const THREAD_SETTINGS = [
  "OMP_NUM_THREADS",
  "OPENBLAS_NUM_THREADS",
  "MKL_NUM_THREADS",
  "VECLIB_MAXIMUM_THREADS",
  "NUMEXPR_NUM_THREADS",
];

/** Of addresses with a user, or with a token in its place: pip hides them in its own words, code that it runs does not. @param {string[]} values */
export function passwordsIn(values) {
  return values.flatMap((value) =>
    [...value.matchAll(/:\/\/(?:[^\s/@:]*:)?([^\s/@]+)@/g)].map(([, word]) => word),
  );
}

/**
 * What pip and venv see: the settings for reaching packages, and nothing of the job's secrets.
 * @param {{ attemptId: string, folder: string, searchPath: string, buildEnv: Record<string, string> }} attempt
 */
export function buildVariables({ attemptId, folder, searchPath, buildEnv }) {
  const tmp = path.join(folder, "tmp");
  return {
    ...buildEnv,
    PATH: searchPath,
    LANG: "C.UTF-8",
    TMPDIR: tmp,
    HOME: tmp,
    [MARKER_NAME]: attemptId,
  };
}

/**
 * @param {object} attempt
 * @param {string} attempt.attemptId
 * @param {string} attempt.folder
 * @param {string} attempt.searchPath
 * @param {{ env: Record<string, string>, limits: { cpuMilli?: number } }} attempt.spec
 * @param {Record<string, string>} attempt.secrets
 * @param {string | null} attempt.venv its Python environment
 * @param {number | null} attempt.uid a user of its own
 */
export function jobVariables({ attemptId, folder, searchPath, spec, secrets, venv, uid }) {
  const work = path.join(folder, "work");
  const out = path.join(folder, "out");
  /** @type {Record<string, string>} */
  const env = {
    LANG: "C.UTF-8",
    PYTHONUNBUFFERED: "1",
    MODELWORKS_INPUTS_DIR: path.join(work, "inputs"),
    MODELWORKS_OUTPUT_DIR: out,
    MODELWORKS_INPUTS: path.join(work, "inputs"),
    MODELWORKS_OUTPUTS: out,
  };
  if (spec.limits.cpuMilli !== undefined) {
    const threads = String(Math.max(1, Math.ceil(spec.limits.cpuMilli / 1000)));
    for (const name of THREAD_SETTINGS) env[name] = threads;
  }
  Object.assign(env, spec.env, secrets);
  if (venv !== null) env.VIRTUAL_ENV = venv;
  env.PATH = [...(venv === null ? [] : [path.join(venv, "bin")]), searchPath].join(path.delimiter);
  env.HOME = work;
  env.TMPDIR = path.join(folder, "tmp");
  if (uid !== null) env.USER = env.LOGNAME = JOB_NAME;
  env[MARKER_NAME] = attemptId;
  return env;
}
