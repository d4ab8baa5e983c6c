import { createHash } from "node:crypto";
import { isAppError } from "@/server/core/errors";
import type { ModelRuntime, ModelSignature, ModelSpec } from "../model-runtime/port";
import { EndpointClient, type ClientOptions } from "./endpoint-client";
import { signatureOf } from "./far-model";
import { farAway, notAllowed } from "./faults";
import { EndpointFile, type Reported } from "./schemas";
import { ServedEndpoint } from "./served-endpoint";

export interface ExternalRuntimeOptions extends Omit<ClientOptions, "teamId"> {
  /** No request may take longer, whatever a file or a contract says. */
  ceilingMs: number;
  /** How much quicker than usual endpoints are looked at; for tests. */
  pace?: number;
}

const MAX_FILE_BYTES = 1024 ** 2;

/** Reads the file of a version. @throws AppError `invalid` when it is not what was sealed, or cannot be used */
export async function readEndpointFile({
  entry,
  files,
}: Pick<ModelSpec, "entry" | "files">): Promise<EndpointFile> {
  const file = files.find(({ path }) => path === entry);
  if (!file) throw notAllowed(`There is no ${entry} in the version.`, "Register it again.");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await file.open()) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_FILE_BYTES) throw notAllowed(`${entry} is too large.`, "Register it again.");
    chunks.push(bytes);
  }
  const bytes = Buffer.concat(chunks);
  if (`sha256:${createHash("sha256").update(bytes).digest("hex")}` !== file.digest)
    throw notAllowed(
      `${entry} does not have the digest that was sealed.`,
      "Restore the object store from its backup.",
    );
  return parseEndpointFile(bytes.toString("utf8"));
}

/** @throws AppError `invalid` */
export function parseEndpointFile(text: string): EndpointFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw notAllowed("The endpoint's file is no JSON.", "Register it again.");
  }
  const read = EndpointFile.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw notAllowed(
    `The endpoint's file cannot be used: ${issue?.path.map(String).join(".") ?? ""} ${issue?.message ?? ""}`,
    "Register it again.",
  );
}

export interface Inspected {
  /** What the far end says of its model; null in a protocol that has no words for it. */
  reported: Reported | null;
  /** Undefined when nobody says what it takes and gives. */
  signature: ModelSignature | undefined;
}

/** Asks an endpoint how it is and what it serves. @throws AppError with the reason in words */
export async function inspectEndpoint(
  file: EndpointFile,
  options: ClientOptions,
  declared: ModelSignature | undefined,
): Promise<Inspected> {
  const client = new EndpointClient(file, options);
  try {
    await client.ready();
    const reported = await client.metadata();
    try {
      return { reported: reported ?? null, signature: signatureOf(file, reported, declared) };
    } catch (error) {
      if (isAppError(error)) return { reported: reported ?? null, signature: undefined };
      throw error;
    }
  } finally {
    client.close();
  }
}

interface Entry {
  loading: Promise<ModelSignature>;
  served: ServedEndpoint | undefined;
  closed: boolean;
}

/** Serves models that run elsewhere, behind the same door as those that run here. */
export function createExternalRuntime(options: ExternalRuntimeOptions): ModelRuntime {
  const { ceilingMs, pace, ...parts } = options;
  const entries = new Map<string, Entry>();
  let listener: (key: string) => void = () => undefined;

  async function load(entry: Entry, key: string, spec: ModelSpec): Promise<ModelSignature> {
    const { external } = spec;
    if (!external) throw notAllowed("The version does not run elsewhere.", "Register it again.");
    const file = await readEndpointFile(spec);
    const client = new EndpointClient(file, { ...parts, teamId: external.teamId });
    const limitMs = Math.min(spec.limits.deadlineMs ?? ceilingMs, ceilingMs);
    const served = new ServedEndpoint({
      file,
      client,
      external,
      limitMs,
      onChange: () => {
        if (entries.get(key) === entry) listener(key);
      },
      ...(pace === undefined ? {} : { pace }),
    });
    entry.served = served;
    const signature = await served.load();
    if (entry.closed) served.close();
    return signature;
  }

  function remove(key: string): void {
    const entry = entries.get(key);
    entries.delete(key);
    if (entry) entry.closed = true;
    entry?.served?.close();
  }

  return {
    load(key, spec) {
      const known = entries.get(key);
      if (known) return known.loading;
      const entry: Entry = {
        loading: Promise.reject(new Error("not begun")),
        served: undefined,
        closed: false,
      };
      entry.loading.catch(() => undefined);
      entries.set(key, entry);
      entry.loading = load(entry, key, spec).catch((error: unknown) => {
        if (entries.get(key) === entry) entries.delete(key);
        entry.served?.close();
        throw error;
      });
      return entry.loading;
    },
    infer(key, inputs, asked) {
      const served = entries.get(key)?.served;
      return served
        ? served.infer(inputs, asked)
        : Promise.reject(farAway("it is not loaded any more.", 1_000));
    },
    async unload(key) {
      remove(key);
    },
    health: (key) => entries.get(key)?.served?.health,
    onChange(next) {
      listener = next;
    },
    usage: async () =>
      [...entries].flatMap(([key, { served }]) =>
        served
          ? [
              {
                key,
                pid: 0,
                queued: served.lane.queued,
                inFlight: served.lane.inFlight,
                residentBytes: 0,
                restarts: 0,
              },
            ]
          : [],
      ),
    async close() {
      for (const key of entries.keys()) remove(key);
    },
  };
}
