import path from "node:path";
import { AppError, invalid } from "@/server/core/errors";
import type { ModelHealth, ModelRuntime, ModelSignature, ModelSpec, PythonEnvironment } from "./port";
import { PythonEnvironments, type PythonSettings } from "./python/environments";
import { pythonEngine } from "./python/launch";
import { healthIs, notLoaded } from "./process/host-rules";
import { ONNX_ENGINE, type Engine } from "./process/launch";
import { memoryBounds } from "./process/memory";
import { ModelGroup, type Member } from "./process/model-group";
import { ownFolder } from "./process/own-folder";
import { takeUser } from "./process/users";
import { Warden } from "./process/warden";

const MIB = 1024 ** 2;
/** For a model whose contract does not say. */
const DEFAULT_BYTES = 1024 * MIB;
/** What "small" means where small models share. */
const SMALL_BYTES = 256 * MIB;
const MAX_SHARING = 16;

export interface ModelRuntimeOptions {
  /** Where private copies of models lie while they are served. */
  folder: string;
  /** No request may take longer, whatever a contract says. */
  ceilingMs?: number;
  /** Whether small models with the same `shareWith` share a process. */
  sharing?: boolean;
  /** How environments of Python models are built; without it they are not served. */
  python?: PythonSettings;
}

interface Entry {
  loading: Promise<ModelSignature>;
  group: ModelGroup | undefined;
  member: Member | undefined;
  /** What happens before there is a member. */
  before: ModelHealth | undefined;
}

/**
 * Runs each model in a process of its own, so that one which hangs, swells or crashes takes nobody with it. Where the operator wants it, small
 * models of the same owner share one.
 */
export function createModelRuntime(options: ModelRuntimeOptions): ModelRuntime {
  const { ceilingMs = 30_000, sharing = false } = options;
  const copies = ownFolder(options.folder);
  const warden = new Warden();
  const environments = options.python && new PythonEnvironments(options.python);
  const entries = new Map<string, Entry>();
  const shared = new Map<string, ModelGroup>();
  let listener: (key: string) => void = () => undefined;
  let made = 0;
  let closed = false;

  function makeGroup(memoryBytes: number, cpuMilli: number | undefined, engine = ONNX_ENGINE): ModelGroup {
    made += 1;
    return new ModelGroup({
      engine,
      folder: path.join(copies.folder, String(made)),
      userId: copies.reachable ? takeUser() : undefined,
      memory: memoryBounds(memoryBytes, engine),
      cpuMilli,
      warden,
      onChange: (key) => listener(key),
    });
  }

  /** The engine of a Python model, once its environment is there. */
  async function pythonEngineFor(python: PythonEnvironment): Promise<Engine> {
    if (!environments) throw invalid("this runtime serves no Python models");
    const { folder: environment, readable, isolation } = await environments.prepare(python);
    if (isolation.range !== null && !copies.reachable)
      throw new AppError(
        "unavailable",
        "no folder of this machine can be reached by the user that it runs as",
      );
    const { root, home } = environments.settings;
    const hidden = [path.resolve(home), path.resolve(root), copies.folder];
    return pythonEngine({ isolation, environment, readable, searchPath: environments.searchPath, hidden });
  }

  /** Says meanwhile what it waits for. */
  async function pythonGroup(
    entry: Entry,
    key: string,
    { limits, python }: ModelSpec & { python: PythonEnvironment },
  ): Promise<ModelGroup> {
    entry.before = healthIs(undefined, "loading", "its Python environment is being prepared");
    listener(key);
    const engine = await pythonEngineFor(python);
    if (closed) throw notLoaded();
    return makeGroup(limits.memoryBytes ?? DEFAULT_BYTES, limits.cpuMilli, engine);
  }

  function groupFor({ limits, shareWith }: ModelSpec): ModelGroup {
    const own = limits.memoryBytes ?? DEFAULT_BYTES;
    if (!sharing || shareWith === undefined || own > SMALL_BYTES) return makeGroup(own, limits.cpuMilli);
    const present = shared.get(shareWith);
    if (present && present.occupants > 0 && present.occupants < MAX_SHARING) return present;
    const next = makeGroup(DEFAULT_BYTES, undefined);
    shared.set(shareWith, next);
    return next;
  }

  async function load(entry: Entry, key: string, spec: ModelSpec): Promise<ModelSignature> {
    try {
      const { python } = spec;
      entry.group = python ? await pythonGroup(entry, key, { ...spec, python }) : groupFor(spec);
      const deadlineMs = Math.min(spec.limits.deadlineMs ?? ceilingMs, ceilingMs);
      entry.member = await entry.group.add(key, spec, deadlineMs);
    } catch (error) {
      entries.delete(key);
      if (entry.group?.occupants === 0) await entry.group.close();
      throw error;
    }
    if (!entry.member.signature) throw notLoaded();
    return entry.member.signature;
  }

  return {
    load(key, spec) {
      const known = entries.get(key);
      if (known) return known.loading;
      const entry: Entry = {
        loading: Promise.reject(notLoaded()),
        group: undefined,
        member: undefined,
        before: undefined,
      };
      entry.loading.catch(() => undefined);
      entries.set(key, entry);
      entry.loading = load(entry, key, spec);
      return entry.loading;
    },
    infer(key, inputs, asked) {
      const { group, member } = entries.get(key) ?? {};
      return group && member ? group.infer(member, inputs, asked) : Promise.reject(notLoaded());
    },
    async unload(key) {
      const entry = entries.get(key);
      if (!entry) return;
      entries.delete(key);
      await entry.loading.catch(() => undefined);
      if (entry.group && entry.member) await entry.group.remove(entry.member);
    },
    health: (key) => entries.get(key)?.member?.health ?? entries.get(key)?.before,
    onChange(next) {
      listener = next;
    },
    usage: () =>
      Promise.all(
        [...entries].flatMap(([key, { group, member }]) => {
          if (!group || !member) return [];
          const use = group.usage();
          return [use.residentBytes().then((residentBytes) => ({ key, ...use, residentBytes }))];
        }),
      ),
    async close() {
      closed = true;
      const groups = new Set([...entries.values()].flatMap(({ group }) => (group ? [group] : [])));
      entries.clear();
      await Promise.all([...groups].map((group) => group.close()));
      warden.close();
      copies.remove();
    },
  };
}
