import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseHosts } from "@/server/core/endpoint-hosts";
import type { ExternalSpec, ModelSpec } from "../model-runtime/port";
import { fileOf } from "../model-runtime/testing";
import { createExternalRuntime, type ExternalRuntimeOptions } from "./external-runtime";
import { ENDPOINT_FILE } from "./schemas";

/** Real servers on this machine that play the far end, well or badly. */

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export type FarHandler = (asked: Asked, res: ServerResponse, req: IncomingMessage) => void;

export interface FarEnd {
  port: number;
  base: string;
  asked: Asked[];
  /** How the next requests are answered. */
  handle: FarHandler;
  close(): Promise<void>;
}

export const sendJson = (res: ServerResponse, body: unknown, status = 200): void => {
  res.writeHead(status, { "content-type": "application/json" });
  res.end(typeof body === "string" ? body : JSON.stringify(body));
};

export async function startFarEnd(handle: FarHandler): Promise<FarEnd> {
  const far: FarEnd = { port: 0, base: "", asked: [], handle, close: async () => undefined };
  const server = http.createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const asked = {
        method: req.method ?? "",
        path: req.url ?? "",
        headers: req.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      far.asked.push(asked);
      far.handle(asked, res, req);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(far, {
    port,
    base: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** A far model of the Open Inference Protocol: y = 2 x, in FP32. */
export const DOUBLING = {
  name: "doubling",
  versions: ["1"],
  platform: "test",
  inputs: [{ name: "x", datatype: "FP32" as const, shape: [-1, 2] }],
  outputs: [{ name: "y", datatype: "FP32" as const, shape: [-1, 2] }],
};

interface SentTensors {
  inputs: { name: string; shape: number[]; data: number[] }[];
}

/** Answers health and metadata; `infer` answers the rest. */
export const oipFarEnd =
  (infer: FarHandler, metadata: () => unknown = () => DOUBLING): FarHandler =>
  (asked, res, req) => {
    if (asked.path.endsWith("/infer")) infer(asked, res, req);
    else if (asked.path.endsWith("/ready")) sendJson(res, { ready: true });
    else sendJson(res, metadata());
  };

export const doubles: FarHandler = ({ body }, res) => {
  const { inputs } = JSON.parse(body) as SentTensors;
  const [x] = inputs;
  const data = x?.data.map((value) => value * 2);
  sendJson(res, {
    model_name: "doubling",
    outputs: [{ name: "y", datatype: "FP32", shape: x?.shape, data }],
  });
};

export const endpointFile = (far: Pick<FarEnd, "base">, more: Record<string, unknown> = {}) => ({
  protocol: "oip",
  url: far.base,
  model: "doubling",
  ...more,
});

export const externalSpec = (
  file: unknown,
  more: { external?: Partial<ExternalSpec>; limits?: ModelSpec["limits"] } = {},
): ModelSpec => ({
  entry: ENDPOINT_FILE,
  files: [fileOf(ENDPOINT_FILE, Buffer.from(JSON.stringify(file)))],
  limits: more.limits ?? {},
  external: { teamId: "team_1", ...more.external },
});

/** A runtime that may ask the given hosts, and looks at them a hundred times as often as usual. */
export const makeExternalRuntime = (hosts: string, more: Partial<ExternalRuntimeOptions> = {}) =>
  createExternalRuntime({
    hosts: parseHosts(hosts),
    credentials: async () => {
      throw new Error("no credential was expected");
    },
    ceilingMs: 10_000,
    pace: 100,
    ...more,
  });
