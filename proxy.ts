import { NextResponse, type NextRequest } from "next/server";
import { contentSecurityPolicy } from "@/server/auth/content-security";

const SESSION_COOKIE = /^(__Secure-)?next-auth\.session-token/;
/** Pages for visitors who are not signed in. */
const OPEN = ["/sign-in", "/setup", "/reset-password", "/auth-error", "/signed-out"];

const isOpen = (pathname: string) =>
  OPEN.some((page) => pathname === page || pathname.startsWith(`${page}/`));

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
  if (!signedIn && !isOpen(request.nextUrl.pathname)) return toSignIn(request);
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
