import { getToken } from "next-auth/jwt";
import type { Db } from "@/db/client";
import type { Actor } from "@/server/core/actor";
import { forbidden } from "@/server/core/errors";
import { actorOfSession, actorOfToken } from "./actor";
import { authSecret } from "./secret";
import { sessionClaims } from "./session-claims";
import type { SessionClaims } from "./sessions";

function parseCookies(header: string): Record<string, string> {
  const cookies: Record<string, string> = {};
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (at <= 0) continue;
    const value = part.slice(at + 1).trim();
    try {
      cookies[part.slice(0, at).trim()] = decodeURIComponent(value);
    } catch {
      // Another application's cookie on this host; ours have no broken escapes.
      cookies[part.slice(0, at).trim()] = value;
    }
  }
  return cookies;
}

/** Refuses a write that a foreign page makes with our cookie (checks Sec-Fetch-Site, then Origin against Host). */
function refuseForeignOrigin(headers: Headers, method: string) {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return;
  const site = headers.get("sec-fetch-site");
  if (site === "same-origin" || site === "none") return;
  const origin = headers.get("origin");
  const host = headers.get("x-forwarded-host") ?? headers.get("host");
  // `null` and other origins without a host never match.
  if (!site && origin && host && URL.canParse(origin) && new URL(origin).host === host) return;
  throw forbidden("This request comes from another site.", "Use the portal itself, or an API token.");
}

/** What the session cookie of a request claims, unproven; undefined without one that we sealed. */
export async function claimsOfCookie(headers: Headers): Promise<SessionClaims | undefined> {
  const cookieHeader = headers.get("cookie");
  if (!cookieHeader?.includes("session-token")) return undefined;
  const token = await getToken({
    req: { headers: Object.fromEntries(headers), cookies: parseCookies(cookieHeader) } as never,
    secret: authSecret(),
    secureCookie: cookieHeader.includes("__Secure-next-auth.session-token"),
  });
  return sessionClaims(token);
}

/**
 * Who makes this request: an API token in `Authorization: Bearer` (or as Basic password, as MLflow clients send it), else the
 * session cookie; undefined when neither is there.
 * @throws AppError for a bad token or a cookie used across origins.
 */
export async function actorOfRequest(
  db: Db,
  headers: Headers,
  method: string,
  ofToken: (token: string) => Promise<Actor> = (token) => actorOfToken(db, token, new Date()),
): Promise<Actor | undefined> {
  const authorization = headers.get("authorization") ?? "";
  const bearer = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
  if (bearer) return ofToken(bearer);
  const basic = /^Basic\s+(\S+)$/i.exec(authorization)?.[1];
  if (basic) {
    const [, password = ""] = Buffer.from(basic, "base64").toString("utf8").split(/:(.*)/s);
    return ofToken(password);
  }
  const claims = await claimsOfCookie(headers);
  if (!claims) return undefined;
  const actor = await actorOfSession(db, claims);
  if (actor) refuseForeignOrigin(headers, method);
  return actor;
}
