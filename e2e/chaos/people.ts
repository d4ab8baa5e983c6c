import { z } from "zod";
import { signInByRequest } from "../fixtures/people";
import { RetryingClient, type Acknowledged } from "./client";

export interface People {
  scientist: RetryingClient;
  /** By session: tokens do not decide reviews. */
  reviewer: RetryingClient;
  platform: RetryingClient;
  /** The scientist's session, for a browser. */
  cookies: { name: string; value: string; url: string }[];
}

const SCOPES = ["read", "write", "track", "infer"];
const Made = z.looseObject({ token: z.string() });

/** The three people of the demo, as clients that repeat what was not answered. */
export async function signIn(portalUrl: string, password: string, ledger: Acknowledged[]): Promise<People> {
  const cookiesOf = (name: string) => signInByRequest(`${name}@demo.local`, password, portalUrl);
  const session = async (name: string, cookies?: Awaited<ReturnType<typeof cookiesOf>>) => {
    cookies ??= await cookiesOf(name);
    const cookie = cookies.map((each) => `${each.name}=${each.value}`).join("; ");
    return new RetryingClient(portalUrl, { cookie, origin: new URL(portalUrl).origin }, ledger);
  };
  const cookies = await cookiesOf("scientist");
  const scientist = await session("scientist", cookies);
  const { token } = await scientist.call(
    Made,
    "POST",
    "/api/v1/tokens",
    { name: "Chaos", scopes: SCOPES, expiresInDays: 1 },
    { key: "token" },
  );
  return {
    scientist: new RetryingClient(portalUrl, { authorization: `Bearer ${token}` }, ledger),
    reviewer: await session("reviewer"),
    platform: await session("platform"),
    cookies: cookies.map((each) => ({ ...each, url: portalUrl })),
  };
}
