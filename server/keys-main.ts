import path from "node:path";
import { openKeyRing, revokeKey, rotateKey, signingSince, type KeyPurpose } from "@/server/adapters/signer";
import { addSecretKey, openSecretKeys } from "@/server/adapters/secret-box";
import { env } from "@/server/core/env";
import { isAppError } from "@/server/core/errors";

const USAGE = `The keys in MODELWORKS_HOME/keys. Nothing needs a restart afterwards.

  npm run keys -- list                       which keys sign, and which did
  npm run keys -- rotate attestor            sign attestations with a new key
  npm run keys -- rotate log                 sign the log's checkpoints with a new key
  npm run keys -- rotate credentials         seal endpoint credentials with a new key
  npm run keys -- revoke <key id> <reason>   trust nothing any more that a former key signed
`;

const folder = path.join(env().home, "keys");
const say = (text: string) => process.stdout.write(`${text}\n`);
const day = (date: Date | undefined) => date?.toISOString() ?? "its first use";

async function list(): Promise<void> {
  const ring = await openKeyRing(folder);
  for (const key of ring.former) {
    const revoked = key.revokedAt ? `, revoked ${day(key.revokedAt)}: ${key.reason ?? ""}` : "";
    say(`${key.purpose}  ${key.keyId}  ${day(key.validFrom)} to ${day(key.validUntil)}${revoked}`);
  }
  const since = (purpose: KeyPurpose) => day(signingSince(ring.former, purpose));
  say(`attestor  ${ring.attestation.keyId}  since ${since("attestor")}`);
  say(`log  ${ring.log.keyId}  since ${since("log")}`);
  for (const { id, since: from } of await openSecretKeys(folder)) say(`credentials  ${id}  since ${from}`);
}

async function rotateCredentials(): Promise<void> {
  const key = (await addSecretKey(folder, new Date())).at(-1);
  say(`${key?.id} seals credentials from now on; the worker seals the stored ones again within a minute.`);
  say(
    `Back up ${folder}, and copy it to every machine of this installation now: the others cannot open them before.`,
  );
}

async function rotate(purpose: string | undefined): Promise<void> {
  if (purpose === "credentials") return rotateCredentials();
  if (purpose !== "attestor" && purpose !== "log") return usage();
  const { retired, current } = await rotateKey(folder, purpose, new Date());
  say(`${retired.keyId} signs no more; what it signed counts as before.`);
  say(
    `${current.keyId} signs from now on. Back up ${folder}, and copy it to every machine of this installation.`,
  );
  if (purpose === "log")
    say(
      "Tell whoever mirrors the log: the new verifier key is in /log/keys.json, the former one stays there.",
    );
}

async function revoke(keyId: string | undefined, reason: string): Promise<void> {
  if (!keyId || reason === "") return usage();
  const { purpose } = await revokeKey(folder, keyId, reason, new Date());
  say(`${keyId} is revoked. Copy ${folder} to every machine of this installation.`);
  if (purpose === "attestor")
    say(
      "Versions that were admitted by what it signed are served no more until they are judged and approved again.",
    );
}

function usage(): void {
  say(USAGE);
  process.exitCode = 2;
}

const [verb, subject, ...rest] = process.argv.slice(2);
try {
  if (verb === "list") await list();
  else if (verb === "rotate") await rotate(subject);
  else if (verb === "revoke") await revoke(subject, rest.join(" ").trim());
  else usage();
} catch (error) {
  if (!isAppError(error)) throw error;
  process.stderr.write(`${error.message} ${error.hint ?? ""}\n`);
  process.exitCode = 1;
}
