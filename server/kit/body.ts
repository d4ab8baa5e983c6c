import type { Context } from "hono";
import { invalid } from "@/server/core/errors";
import type { HttpEnv } from "./app-env";

const inWords = (bytes: number) => `${bytes / 1024 ** 2} MiB`;

/**
 * The body as text, never more than `maxBytes` of it: what is larger is refused while it arrives, whether its length was announced
 * or not. A request without a body gives the empty text.
 */
export async function boundedText(c: Context<HttpEnv>, maxBytes: number): Promise<string> {
  const tooLarge = () => invalid(`The body is larger than ${inWords(maxBytes)}.`, "Send less at once.");
  const announced = c.req.header("content-length");
  if (announced !== undefined && Number(announced) > maxBytes) throw tooLarge();
  // Node reads no more than was announced, and its own way is the fast one.
  if (announced !== undefined) return c.req.text();
  const { body } = c.req.raw;
  if (!body) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge();
    }
    chunks.push(next.value);
  }
  return Buffer.concat(chunks).toString("utf8");
}
