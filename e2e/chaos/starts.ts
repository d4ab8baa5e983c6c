import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** Where jobs report that they began: outside the product and never killed. A file would be hidden from them. */
export interface Starts {
  url: string;
  lines: string[];
  close: () => void;
}

export async function openStarts(): Promise<Starts> {
  const lines: string[] = [];
  const server = createServer((req, res) => {
    let body = "";
    req.on("data", (chunk: Buffer) => (body += chunk.toString()));
    req.on("end", () => {
      lines.push(body);
      res.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, lines, close: () => server.close() };
}
