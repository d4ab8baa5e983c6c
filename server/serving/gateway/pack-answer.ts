import { promisify } from "node:util";
import { deflate, gzip } from "node:zlib";

const PACKERS = { gzip: promisify(gzip), deflate: promisify(deflate) };
type Packing = keyof typeof PACKERS;

/** Below it packing makes an answer slower and hardly smaller. */
const WORTH_BYTES = 1024;

/** What a caller accepts, by name, with its weight. */
function accepted(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.split(",").slice(0, 20)) {
    const [name = "", ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
    const weight = parameters.find((each) => each.startsWith("q="));
    if (name !== "") weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)) || 0);
  }
  return weights;
}

/**
 * How to pack an answer of so many bytes; undefined for not at all. A caller that names nothing but one packing wants it for every answer;
 * most clients list several without being asked, and get small answers as they are.
 */
export function packingFor(acceptEncoding: string | undefined, byteLength: number): Packing | undefined {
  if (!acceptEncoding) return undefined;
  const weights = accepted(acceptEncoding);
  const weightOf = (name: Packing) => weights.get(name) ?? weights.get("*") ?? 0;
  const best: Packing = weightOf("deflate") > weightOf("gzip") ? "deflate" : "gzip";
  if (weightOf(best) === 0 || (weights.get("identity") ?? 0) > weightOf(best)) return undefined;
  const only = (weights.size === 1 && !weights.has("*")) || weights.get("identity") === 0;
  return only || byteLength >= WORTH_BYTES ? best : undefined;
}

export const pack = (body: string | Buffer, packing: Packing): Promise<Buffer> => PACKERS[packing](body);
