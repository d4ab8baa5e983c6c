import { and, eq, ne, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { endpointCredentials } from "@/db/schema";
import type { CredentialSource } from "@/server/adapters/external-endpoint/endpoint-client";
import { open, seal, type SecretKeys } from "@/server/adapters/secret-box";
import { allowedBy, parseHosts } from "@/server/core/endpoint-hosts";
import { invalid, isAppError } from "@/server/core/errors";
import { StoredSecret } from "./schemas";

type Row = typeof endpointCredentials.$inferSelect;

type Place = Pick<Row, "teamId" | "name">;

/** Sealed for this name of this team: copied to another, it does not open. */
const placeOf = ({ teamId, name }: Place): string => `endpoint-credential/${teamId}/${name}`;

export const sealSecret = (keys: SecretKeys, secret: StoredSecret, row: Place) =>
  seal(keys, JSON.stringify(secret), placeOf(row));

/** Whether a credential may be sent to an address. */
const isForHost = (row: Pick<Row, "hosts">, url: URL): boolean =>
  allowedBy(parseHosts(row.hosts.join(",")), url) !== undefined;

export async function credentialRow(db: Db, teamId: string, name: string): Promise<Row | undefined> {
  const [row] = await db
    .select()
    .from(endpointCredentials)
    .where(and(eq(endpointCredentials.teamId, teamId), eq(endpointCredentials.name, name)));
  return row;
}

/** @throws AppError `invalid` when the team has no such credential, or it is not for that host */
export async function usableCredential(db: Db, teamId: string, name: string, url: URL): Promise<Row> {
  const row = await credentialRow(db, teamId, name);
  if (!row)
    throw invalid(
      `The team has no credential "${name}".`,
      "A team admin adds it under Settings, Endpoint credentials.",
    );
  if (!isForHost(row, url))
    throw invalid(
      `The credential "${name}" is not for ${url.host}.`,
      "A team admin says under Settings, Endpoint credentials, to which hosts it may be sent.",
    );
  return row;
}

function headersOf(kind: string, { header, user, value }: StoredSecret): Record<string, string> {
  if (kind === "header") return { [header.toLowerCase()]: value };
  if (kind === "basic")
    return { authorization: `Basic ${Buffer.from(`${user}:${value}`, "utf8").toString("base64")}` };
  return { authorization: `Bearer ${value}` };
}

/** Opens credentials for requests to endpoints, for the team and the hosts that they were stored for. */
export const credentialSource =
  (db: () => Db, keys: () => Promise<SecretKeys>): CredentialSource =>
  async ({ teamId, name, url }) => {
    const row = await usableCredential(db(), teamId, name, url);
    const secret = StoredSecret.parse(JSON.parse(open(await keys(), row, placeOf(row))));
    const headers = headersOf(row.kind, secret);
    const sent = Object.values(headers).map((text) => text.replace(/^(Basic|Bearer) /, ""));
    return { headers, secrets: [secret.value, ...sent] };
  };

/** Undefined for what these keys do not open: it must not hold up the others, and whoever uses it is told. */
function openable(keys: SecretKeys, row: Row): string | undefined {
  try {
    return open(keys, row, placeOf(row));
  } catch (error) {
    if (isAppError(error)) return undefined;
    throw error;
  }
}

/** Seals again what a former key sealed. Written only where nobody else wrote meanwhile. Returns how many. */
export async function resealCredentials(db: Db, keys: SecretKeys): Promise<number> {
  const newest = keys.at(-1)?.id ?? "";
  const rows = await db
    .select()
    .from(endpointCredentials)
    .where(ne(endpointCredentials.keyId, newest))
    .limit(500);
  let count = 0;
  for (const row of rows) {
    const text = openable(keys, row);
    if (text === undefined) continue;
    const sealed = seal(keys, text, placeOf(row));
    const changed = await db
      .update(endpointCredentials)
      .set(sealed)
      .where(and(eq(endpointCredentials.id, row.id), eq(endpointCredentials.sealed, row.sealed)))
      .returning({ id: endpointCredentials.id });
    count += changed.length;
  }
  return count;
}

/** A deployment that needs a credential, and for which version. */
export type CredentialUse = { credential: string; model: string; number: number; deployment: string };

/** What is deployed and uses credentials of a team: what is stable, what a rollout brings, and what a rollback would bring back. */
export async function credentialUses(db: Db, teamId: string): Promise<CredentialUse[]> {
  const { rows } = await db.execute<CredentialUse>(sql`
    select distinct v.endpoint ->> 'credential' as credential, m.name as model, v.number, d.name as deployment
    from model_versions v
    join registered_models m on m.id = v.model_id
    join deployments d on d.team_id = v.team_id and d.retired_at is null
    left join rollouts r on r.deployment_id = d.id and r.finished_at is null
    where v.team_id = ${teamId} and v.endpoint ->> 'credential' is not null
      and v.id in (d.stable_version_id, d.previous_version_id, r.to_version_id)
    order by m.name, v.number, d.name`);
  return rows;
}
