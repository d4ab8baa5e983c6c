import { ServerResponse, type Server } from "node:http";
import type { Duplex } from "node:stream";

interface Refusal {
  status: number;
  reason: string;
  message: string;
}

/** Node's codes of requests that never become one. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: "Request Header Fields Too Large",
    message: "The headers of the request are larger than 16 kB. Send fewer cookies, or a shorter address.",
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    reason: "Payload Too Large",
    message: "The chunks of the body carry too many extensions. Leave them out.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: "Request Timeout",
    message: "The request took too long to arrive. Send it again.",
  },
};
const MALFORMED: Refusal = {
  status: 400,
  reason: "Bad Request",
  message: "This is no HTTP request that can be read. Check the client.",
};

/**
 * Answers what is no readable request in the form that the server's programs know, instead of with Node's empty answer.
 * @param bodyOf the door's own form of an error.
 */
export function answerUnreadable(
  server: Server,
  bodyOf: (status: number, message: string) => { type: string; body: unknown },
): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Somebody who is gone hears nothing; half an answer must not be followed by another (Node asks the same of the same field).
    // oxlint-disable-next-line no-underscore-dangle -- there is no other name for it
    const answer: unknown = Reflect.get(socket, "_httpMessage");
    const begun = answer instanceof ServerResponse && answer.headersSent;
    if (error.code === "ECONNRESET" || !socket.writable || begun) {
      socket.destroy();
      return;
    }
    const { status, reason, message } = REFUSALS[error.code ?? ""] ?? MALFORMED;
    const { type, body } = bodyOf(status, message);
    const text = JSON.stringify(body);
    socket.end(
      `HTTP/1.1 ${status} ${reason}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
    );
  });
}
