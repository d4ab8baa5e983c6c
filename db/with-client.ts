import { Client } from "pg";

/** One connection for one piece of work, closed whatever comes of it; a transaction that is open then is rolled back. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A server that dies meanwhile is told by the failing query; unheard, the event would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
