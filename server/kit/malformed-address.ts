import type { ServerResponse } from "node:http";
import { invalid, toPublicError } from "@/server/core/errors";
import { newId } from "@/server/core/ids";

/** Whether an address holds percent signs that spell no UTF-8, which frameworks fail on in ways of their own. */
export function isMalformedAddress(path: string): boolean {
  if (!path.includes("%")) return false;
  try {
    decodeURIComponent(path);
    return false;
  } catch {
    return true;
  }
}

/** Refuses it in the form of the door that it leads to: the browser's own calls, programs, or people. */
export function refuseMalformedAddress(res: ServerResponse, path: string, accept: string | undefined): void {
  const error = invalid(
    "The address holds percent signs that spell no character.",
    "Write addresses in UTF-8, each byte that is no plain character as a percent sign and two hexadecimal digits.",
  );
  const shown = toPublicError(error, newId("request"));
  const answer = (type: string, body: string) => {
    res.writeHead(400, {
      "content-type": type,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    res.end(body);
  };
  if (path.startsWith("/api/trpc/")) {
    const json = { message: shown.message, code: -32_600, data: { code: "BAD_REQUEST", app: shown } };
    answer("application/json", JSON.stringify({ error: { json } }));
  } else if (accept?.includes("text/html")) {
    answer("text/plain; charset=utf-8", `${shown.message} ${shown.hint}\n`);
  } else {
    const problem = { type: "https://modelworks.dev/problems/invalid", title: shown.message, status: 400 };
    answer(
      "application/problem+json",
      JSON.stringify({ ...problem, code: shown.code, detail: shown.hint, requestId: shown.requestId }),
    );
  }
}
