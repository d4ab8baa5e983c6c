import { NextResponse, type NextRequest } from "next/server";
import { contentSecurityPolicy } from "@/server/auth/content-security";

const SESSION_COOKIE = /^(__Secure-)?next-auth\.session-token/;
/** Pages for visitors who are not signed in. */
const OPEN = ["/sign-in", "/setup", "/reset-password", "/auth-error", "/signed-out"];

const isOpen = (pathname: string) =>
  OPEN.some((page) => pathname === page || pathname.startsWith(`${page}/`));

/** Programs ask for no page: they are told so, instead of being led to a form that they cannot fill in. */
const isProgram = (request: NextRequest) => {
  if (request.headers.has("authorization")) return true;
  const forPage = request.headers.has("rsc") || request.headers.has("next-action");
  return !forPage && !(request.headers.get("accept") ?? "").includes("text/html");
};

function refuseProgram(request: NextRequest): NextResponse {
  const known = request.headers.has("authorization");
  const status = known ? 404 : 401;
  return NextResponse.json(
    {
      type: `https://modelworks.dev/problems/${known ? "not-found" : "unauthenticated"}`,
      title: known ? `Programs find nothing at ${request.nextUrl.pathname}.` : "You are not signed in.",
      status,
      code: known ? "not_found" : "unauthenticated",
      detail: known
        ? "Pages are for people with a browser; see /api/openapi.json for what programs may ask."
        : "Open this address in a browser, or send an API token to the paths of /api/openapi.json.",
    },
    {
      status,
      headers: {
        "content-type": "application/problem+json",
        ...(known ? {} : { "www-authenticate": 'Bearer realm="modelworks"' }),
      },
    },
  );
}

function toSignIn(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  const target =
    pathname === "/" ? "/sign-in" : `/sign-in?callbackUrl=${encodeURIComponent(`${pathname}${search}`)}`;
  // Next builds an absolute address from the request's own host.
  return NextResponse.redirect(new URL(target, request.url));
}

/**
 * Gives each page its own content security policy, and sends visitors without a session cookie to the sign-in page. The latter is a
 * convenience: each page and each verb checks for itself.
 */
export function proxy(request: NextRequest): NextResponse {
  const signedIn = request.cookies.getAll().some((cookie) => SESSION_COOKIE.test(cookie.name));
  if (!signedIn && !isOpen(request.nextUrl.pathname))
    return isProgram(request) ? refuseProgram(request) : toSignIn(request);
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy(nonce, { dev: process.env.NODE_ENV === "development" });
  const headers = new Headers(request.headers);
  // Next reads the nonce for its own scripts from the policy; the layout reads it for the theme's.
  headers.set("content-security-policy", policy);
  headers.set("x-nonce", nonce);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  return response;
}

export const config = {
  matcher: ["/((?!api/|_next/|icon\\.svg$|favicon\\.ico$).*)"],
};
