import { decodeJwt } from "jose";
import type { AuthOptions } from "next-auth";
import type { JWT } from "next-auth/jwt";
import Credentials from "next-auth/providers/credentials";
import type { OAuthConfig } from "next-auth/providers/oauth";
import { db } from "@/db/client";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { actorOfUser } from "./actor";
import { personOfSubject, signInByOidc } from "./oidc";
import { authSecret } from "./secret";
import { signInByPassword } from "./sign-in";

const SESSION_SECONDS = 12 * 3600;

/** The last hop, which a known proxy or the portal itself saw; earlier entries are whatever the caller wrote. */
function addressOf(headers: Record<string, unknown> | undefined): string {
  const forwarded = headers?.["x-forwarded-for"];
  return typeof forwarded === "string" ? (forwarded.split(",").at(-1)?.trim() ?? "unknown") : "unknown";
}

const password = Credentials({
  name: "Password",
  credentials: { email: { type: "email" }, password: { type: "password" } },
  async authorize(given, request) {
    const verdict = await signInByPassword(db(), {
      email: given?.email ?? "",
      password: given?.password ?? "",
      address: addressOf(request.headers),
    });
    if (verdict.outcome === "signed_in") return verdict.person;
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

async function tokenOf(token: JWT, subject: string): Promise<JWT> {
  const oidc = env().oidc;
  const person = oidc ? await personOfSubject(db(), oidc.issuer, subject) : undefined;
  return person
    ? { sub: person.id, uid: person.id, sv: person.sessionVersion, name: person.name }
    : { ...token, uid: undefined };
}

const callbacks: AuthOptions["callbacks"] = {
  async signIn({ account, profile }) {
    if (account?.provider !== "oidc") return true;
    const oidc = env().oidc;
    if (!oidc) return false;
    const verdict = await signInByOidc(db(), oidc.issuer, profile);
    return "person" in verdict ? true : `/auth-error?error=${verdict.refusal}`;
  },
  /** The cookie names the person and the version of their sessions; role and team are read on each request. */
  async jwt({ token, user, account }) {
    if (account?.provider === "oidc") return tokenOf(token, account.providerAccountId);
    if (user && "sessionVersion" in user)
      return { sub: user.id, uid: user.id, sv: user.sessionVersion, name: user.name };
    if (typeof token.uid !== "string" || typeof token.sv !== "number") return token;
    return (await actorOfUser(db(), token.uid, token.sv)) ? token : {};
  },
  session({ session, token }) {
    return typeof token.uid === "string"
      ? { ...session, user: { name: token.name ?? null } }
      : { expires: session.expires };
  },
};

let options: AuthOptions | undefined;

/** next-auth's settings; built on first use, when the environment is complete. */
export function authOptions(): AuthOptions {
  const { oidc, portalUrl } = env();
  options ??= {
    secret: authSecret(),
    providers: oidc ? [password, oidcProvider(oidc)] : [password],
    session: { strategy: "jwt", maxAge: SESSION_SECONDS, updateAge: 3600 },
    useSecureCookies: portalUrl.startsWith("https://"),
    pages: { signIn: "/sign-in", signOut: "/signed-out", error: "/auth-error" },
    callbacks,
    logger: {
      error: (code, metadata) =>
        log.warn({ code, cause: metadata instanceof Error ? metadata.message : undefined }, "sign-in failed"),
      warn: () => undefined,
      debug: () => undefined,
    },
  };
  return options;
}
