import { decodeJwt } from "jose";
import { cookies, headers } from "next/headers";
import type { AuthOptions } from "next-auth";
import type { JWT } from "next-auth/jwt";
import Credentials from "next-auth/providers/credentials";
import type { OAuthConfig } from "next-auth/providers/oauth";
import { db } from "@/db/client";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { actorOfSession } from "./actor";
import { callerAddress } from "./caller-address";
import { DEVICE_SECONDS, deviceCookieName, deviceOf, newDeviceCookie } from "./device-cookie";
import { personOfSubject, signInByOidc } from "./oidc";
import type { SignInMethod } from "./record-sign-in";
import { claimsOfCookie } from "./request-actor";
import { authSecret } from "./secret";
import { sessionClaims } from "./session-claims";
import { openSession, SESSION_SECONDS, signOutOf } from "./sessions";
import { accountOf, signInByPassword } from "./sign-in";

async function rememberDevice(account: string): Promise<void> {
  (await cookies()).set(deviceCookieName(account), newDeviceCookie(authSecret(), account), {
    httpOnly: true,
    sameSite: "lax",
    secure: env().portalUrl.startsWith("https://"),
    path: "/api/auth",
    maxAge: DEVICE_SECONDS,
  });
}

const password = Credentials({
  name: "Password",
  credentials: { email: { type: "email" }, password: { type: "password" } },
  async authorize(given, request) {
    const account = accountOf(given?.email ?? "");
    const jar = await cookies();
    const device = deviceOf(authSecret(), account, jar.get(deviceCookieName(account))?.value);
    const verdict = await signInByPassword(db(), {
      email: account,
      password: given?.password ?? "",
      address: callerAddress(request.headers?.["x-forwarded-for"]),
      device,
    });
    if (verdict.outcome === "signed_in") {
      if (device === undefined) await rememberDevice(account);
      return verdict.person;
    }
    if (verdict.outcome === "wait") throw new Error(`wait:${verdict.seconds}`);
    if (verdict.outcome === "unavailable") throw new Error("unavailable");
    return null;
  },
});

interface Claims {
  sub: string;
  name?: string;
  email?: string;
}

function oidcProvider(oidc: NonNullable<ReturnType<typeof env>["oidc"]>): OAuthConfig<Claims> {
  return {
    id: "oidc",
    name: "Single sign-on",
    type: "oauth",
    wellKnown: `${oidc.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    issuer: oidc.issuer,
    idToken: true,
    checks: ["pkce", "state", "nonce"],
    authorization: { params: { scope: "openid email profile" } },
    userinfo: {
      // The id token has been verified by now. A provider may leave the address out of it; then its userinfo endpoint says it.
      async request({ tokens, client }) {
        const told = decodeJwt(tokens.id_token ?? "");
        if ("email" in told || !tokens.access_token) return { ...told };
        const more = await client.userinfo(tokens.access_token);
        if (more.sub !== told.sub) throw new Error("userinfo speaks of another subject than the id token");
        return { ...more, ...told };
      },
    },
    clientId: oidc.clientId,
    ...(oidc.clientSecret
      ? { clientSecret: oidc.clientSecret }
      : { client: { token_endpoint_auth_method: "none" } }),
    profile: (claims) => ({ id: claims.sub, name: claims.name ?? null, email: claims.email ?? null }),
  };
}

/** The token of a new session. */
async function open(
  person: { id: string; name?: string | null | undefined; sessionVersion: unknown },
  method: SignInMethod,
): Promise<JWT> {
  const given = await headers();
  // The new cookie takes the place of one that copies may exist of.
  const before = await claimsOfCookie(given);
  if (before) await signOutOf(db(), before);
  const userAgent = given.get("user-agent") ?? "";
  const sid = await openSession(db(), { userId: person.id, method, userAgent });
  return { sub: person.id, uid: person.id, sv: person.sessionVersion, sid, name: person.name ?? null };
}

async function openByOidc(token: JWT, subject: string): Promise<JWT> {
  const oidc = env().oidc;
  const person = oidc ? await personOfSubject(db(), oidc.issuer, subject) : undefined;
  return person ? open(person, "oidc") : { ...token, uid: undefined };
}

const callbacks: AuthOptions["callbacks"] = {
  async signIn({ account, profile }) {
    if (account?.provider !== "oidc") return true;
    const oidc = env().oidc;
    if (!oidc) return false;
    const verdict = await signInByOidc(db(), oidc.issuer, profile);
    return "person" in verdict ? true : `/auth-error?error=${verdict.refusal}`;
  },
  /** The cookie names the person, the session and the version of all their sessions; role and team are read on each request. */
  async jwt({ token, user, account }) {
    if (account?.provider === "oidc") return openByOidc(token, account.providerAccountId);
    if (user && "sessionVersion" in user) return open(user, "password");
    const claims = sessionClaims(token);
    return claims && (await actorOfSession(db(), claims)) ? token : {};
  },
  session({ session, token }) {
    return typeof token.uid === "string"
      ? { ...session, user: { name: token.name ?? null } }
      : { expires: session.expires };
  },
};

const events: AuthOptions["events"] = {
  async signOut({ token }) {
    const claims = sessionClaims(token);
    if (claims) await signOutOf(db(), claims);
  },
};

let options: AuthOptions | undefined;

/** next-auth's settings; built on first use, when the environment is complete. */
export function authOptions(): AuthOptions {
  const { oidc, portalUrl } = env();
  options ??= {
    secret: authSecret(),
    providers: oidc ? [password, oidcProvider(oidc)] : [password],
    session: { strategy: "jwt", maxAge: SESSION_SECONDS },
    useSecureCookies: portalUrl.startsWith("https://"),
    pages: { signIn: "/sign-in", signOut: "/signed-out", error: "/auth-error" },
    callbacks,
    events,
    logger: {
      error: (code, metadata) =>
        log.warn({ code, cause: metadata instanceof Error ? metadata.message : undefined }, "sign-in failed"),
      warn: () => undefined,
      debug: () => undefined,
    },
  };
  return options;
}
