import { NextResponse, type NextRequest } from "next/server";

const SESSION_COOKIE = /^(__Secure-)?next-auth\.session-token/;

/** Sends visitors without a session cookie to the sign-in page. A convenience: each page and each verb checks for itself. */
export function proxy(request: NextRequest): NextResponse {
  if (request.cookies.getAll().some((cookie) => SESSION_COOKIE.test(cookie.name))) return NextResponse.next();
  const { pathname, search } = request.nextUrl;
  const target =
    pathname === "/" ? "/sign-in" : `/sign-in?callbackUrl=${encodeURIComponent(`${pathname}${search}`)}`;
  // Next builds an absolute address from the request's own host.
  return NextResponse.redirect(new URL(target, request.url));
}

export const config = {
  matcher: ["/((?!api/|_next/|sign-in|setup|reset-password|auth-error|signed-out|.*\\.[a-z0-9]+$).*)"],
};
