import { randomInt } from "node:crypto";
import net from "node:net";
import { LauncherError } from "./launcher-error";

// Below 32768, where Linux begins to hand out ports to outgoing connections: no client can take ours by chance.
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_767;

/** True when this process can listen on the port now. */
export function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A free port outside the system's ephemeral range. Throws when fifty random tries were all taken. */
export async function chooseFreePort(host = "127.0.0.1"): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT + 1);
    if (await isPortFree(port, host)) return port;
  }
  throw new LauncherError(
    `No free port was found between ${LOWEST_PORT} and ${HIGHEST_PORT}.`,
    "End some of the programs that listen on this machine, then start again.",
  );
}

/** Throws a message that names the setting when a port we were told to use is taken. */
export async function requireFreePort(variable: string, port: number, host: string): Promise<void> {
  if (await isPortFree(port, host)) return;
  throw new LauncherError(
    `Port ${port} on ${host} is already in use.`,
    `Stop the program that listens there, or choose another port: ${variable}=${port + 1} npm start`,
  );
}
