import type { IncomingMessage } from "node:http";
import { isAppError } from "@/server/core/errors";
import { farFault, farTooLate, Unreachable } from "./faults";
import type { GuardedAgent } from "./guarded-agents";

/** As much as the gateway takes of a request, so that reading an answer costs it no more. */
export const MAX_ANSWER_BYTES = 8 * 1024 ** 2;
const MAX_HEADER_BYTES = 16 * 1024;

export interface FarAnswer {
  status: number;
  body: Buffer;
  retryAfter: string | undefined;
}

export interface FarCall {
  method: "GET" | "POST";
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** When it must be over, by `performance.now()`. */
  endsAtMs: number;
  /** How long that was, in words to its caller. */
  deadlineMs: number;
  maxBytes?: number | undefined;
}

const WORDS: Record<string, string> = {
  ECONNREFUSED: "nothing listens at its address.",
  ECONNRESET: "it closed the connection before it had answered.",
  EPIPE: "it closed the connection before it had answered.",
  EHOSTUNREACH: "there is no way to its address.",
  ENETUNREACH: "there is no way to its network.",
  ETIMEDOUT: "its address does not answer.",
  EPROTO: "it does not speak TLS as we do.",
  CERT_HAS_EXPIRED: "its certificate has expired.",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself.",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate leads to an authority that is not known here.",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate leads to no authority that is known here.",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate leads to no authority that is known here.",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host.",
};

/** Words of ours only: messages of the network may hold addresses behind a name. */
function faultOf(error: NodeJS.ErrnoException): Error {
  if (isAppError(error)) return error;
  const code = error.code ?? "";
  if (code.startsWith("HPE_")) return farFault("it answered something that is no HTTP.");
  return new Unreachable(WORDS[code] ?? "the connection failed.");
}

function bodyOf(
  res: IncomingMessage,
  maxBytes: number,
  done: (body: Buffer) => void,
  fail: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const tooLarge = () => fail(farFault(`its answer is larger than ${maxBytes / 1024 ** 2} MiB.`));
  if (Number(res.headers["content-length"] ?? 0) > maxBytes) {
    tooLarge();
    return;
  }
  res.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) tooLarge();
    else chunks.push(chunk);
  });
  res.once("end", () =>
    res.complete ? done(Buffer.concat(chunks)) : fail(farFault("its answer ended before it was whole.")),
  );
  res.once("error", () => fail(farFault("its answer ended before it was whole.")));
}

/**
 * One exchange, bounded in time and size. It is sent once: whether a request that broke off was worked on, nobody here can know. Redirects are
 * not followed.
 * @throws AppError `timed_out` at its end, `internal` for anything else that is no whole answer
 */
export function farCall({ agent, request }: GuardedAgent, call: FarCall): Promise<FarAnswer> {
  const { method, url, headers, body, endsAtMs, deadlineMs, maxBytes = MAX_ANSWER_BYTES } = call;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      agent,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: {
        accept: "application/json",
        "accept-encoding": "identity",
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        ...headers,
      },
    });
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
      sent.destroy();
    };
    const timer = setTimeout(
      () => fail(farTooLate(deadlineMs, false)),
      Math.max(0, endsAtMs - performance.now()),
    );
    sent.on("error", (error) => fail(faultOf(error)));
    sent.once("response", (res) => {
      const done = (whole: Buffer) => {
        clearTimeout(timer);
        resolve({ status: res.statusCode ?? 0, body: whole, retryAfter: res.headers["retry-after"] });
      };
      const packing = res.headers["content-encoding"] ?? "identity";
      if (packing !== "identity") fail(farFault("its answer is packed, which was not asked for."));
      else bodyOf(res, maxBytes, done, fail);
    });
    sent.once("upgrade", () => fail(farFault("it wants to speak another protocol.")));
    sent.end(body);
  });
}
