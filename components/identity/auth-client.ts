import { onOwnWish } from "@/components/kit/access-loss";

/** Signing in and out by the HTTP interface of next-auth: its own client brings session polling and an old runtime that no page needs. */
type Answer = { ok: boolean; url: string };

async function csrfToken(): Promise<string> {
  const answer: { csrfToken?: unknown } = await (await fetch("/api/auth/csrf")).json();
  return String(answer.csrfToken ?? "");
}

async function post(path: string, fields: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams({ ...fields, csrfToken: await csrfToken(), json: "true" });
  const response = await fetch(`/api/auth/${path}`, { method: "POST", body });
  const answer: { url?: unknown } = await response.json();
  return { ok: response.ok, url: typeof answer.url === "string" ? answer.url : "" };
}

/** Undefined when signed in, else next-auth's word for why not; `unreachable` when the portal gave no answer. */
export async function signInWithPassword(email: string, password: string): Promise<string | undefined> {
  try {
    const callbackUrl = window.location.href;
    const { ok, url } = await post("callback/credentials", { email, password, callbackUrl });
    const error = new URL(url, window.location.origin).searchParams.get("error");
    return error ?? (ok ? undefined : "unreachable");
  } catch {
    return "unreachable";
  }
}

/** Leaves for the identity provider. */
export async function signInWithOidc(callbackUrl: string): Promise<void> {
  const { url } = await post("signin/oidc", { callbackUrl });
  window.location.assign(url || "/auth-error");
}

/** Ends the session and shows the page that says so. */
export async function signOut(): Promise<void> {
  const { url } = await onOwnWish(() => post("signout", { callbackUrl: "/signed-out" }));
  window.location.assign(url || "/signed-out");
}
