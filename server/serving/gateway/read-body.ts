import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { invalid } from "@/server/core/errors";

export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** A body that is refused for its form, with the HTTP status that says so. */
export class BodyRefused extends Error {
  constructor(
    readonly status: 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

const tooLarge = () =>
  new BodyRefused(413, `The body is larger than ${MAX_BODY_BYTES / 1024 ** 2} MiB. Send fewer rows at once.`);

function receive(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        // The rest is not read; the answer closes the connection.
        req.pause();
        reject(tooLarge());
        return;
      }
      chunks.push(chunk);
    });
    req.on("end", () => resolve(Buffer.concat(chunks)));
    req.on("error", reject);
  });
}

const DECODERS: Record<string, (body: Buffer) => Promise<Buffer>> = {
  gzip: (body) => promisify(gunzip)(body, { maxOutputLength: MAX_BODY_BYTES }),
  deflate: (body) => promisify(inflate)(body, { maxOutputLength: MAX_BODY_BYTES }),
};

/**
 * The body, unpacked; what it unpacks to is bounded like what is sent.
 * @throws BodyRefused, or AppError `invalid` for a body that is not what its encoding says.
 */
export async function readBody(req: IncomingMessage): Promise<Buffer> {
  const encoding = (req.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  const decode = DECODERS[encoding];
  if (!decode && encoding !== "identity")
    throw new BodyRefused(
      415,
      `The content-encoding ${encoding} is not taken here. Send gzip, deflate or none.`,
    );
  if (Number(req.headers["content-length"] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const body = await receive(req);
  if (!decode) return body;
  try {
    return await decode(body);
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw invalid(`The body is not ${encoding} data, although its content-encoding says so.`);
  }
}
