import { createServer, type RequestListener, type Server } from "node:http";

/** Listens on a free port of this machine, tells the benchmark which, and ends when told to. */
export function listen(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address && typeof address === "object") process.send?.(address.port);
  });
  process.on("SIGTERM", () => process.exit(0));
  process.on("disconnect", () => process.exit(0));
}

export const serve = (listener: RequestListener) => listen(createServer(listener));
