import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Browsers drop cookies of a longer life. */
export const DEVICE_SECONDS = 400 * 86_400;

const macOf = (secret: string, account: string, nonce: string) =>
  createHmac("sha256", secret).update(`device ${account} ${nonce}`).digest();

/** One cookie an account, so that people who share a browser keep theirs; the name does not tell the address. */
export const deviceCookieName = (account: string): string =>
  `modelworks-device-${createHash("sha256").update(account).digest("hex").slice(0, 12)}`;

/**
 * The proof that this browser has signed in to the account once. It lets nobody in: it only keeps a stranger's wrong passwords from locking the
 * person out (OWASP's device cookies).
 */
export function newDeviceCookie(secret: string, account: string): string {
  const nonce = randomBytes(12).toString("base64url");
  return `${nonce}.${macOf(secret, account, nonce).toString("base64url")}`;
}

/** The browser's name within the account; undefined for a missing or made-up proof. */
export function deviceOf(secret: string, account: string, cookie: string | undefined): string | undefined {
  const [nonce, mac] = (cookie ?? "").split(".");
  if (!nonce || !mac) return undefined;
  const given = Buffer.from(mac, "base64url");
  const expected = macOf(secret, account, nonce);
  return given.length === expected.length && timingSafeEqual(given, expected) ? nonce : undefined;
}
