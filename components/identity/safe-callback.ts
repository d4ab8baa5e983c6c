/** The address to go to after signing in: a path of this portal, never another site or the sign-in page itself. */
export function safeCallback(given: string | null | undefined, origin = "http://portal.invalid"): string {
  if (!given) return "/";
  let url: URL;
  try {
    url = new URL(given, origin);
  } catch {
    return "/";
  }
  if (
    url.origin !== origin ||
    /^\/(sign-in|signed-out|auth-error|setup|reset-password|api\/)/.test(url.pathname)
  )
    return "/";
  return `${url.pathname}${url.search}${url.hash}`;
}
