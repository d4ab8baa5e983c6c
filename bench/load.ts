import net from "node:net";

/** HTTP/1.1 requests over keep-alive connections to this machine, one under way on each; times to the microsecond. */
export interface Load {
  port: number;
  path: string;
  headers?: Record<string, string>;
  /** The body of a connection's next request. */
  body: (connection: number) => string;
}

export interface Figures {
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  failures: number;
}

const HEAD_END = "\r\n\r\n";

/** One connection: sends, waits for the whole answer, sends again. Answers must name their length. */
class Connection {
  private readonly socket: net.Socket;
  private readonly head: string;
  private received = "";
  private sentAt = 0;
  private settle: ((error?: Error) => void) | undefined;
  readonly latenciesMs: number[] = [];
  failures = 0;

  constructor(
    private readonly load: Load,
    private readonly number: number,
  ) {
    const lines = Object.entries({ "content-type": "application/json", ...load.headers });
    this.head = `POST ${load.path} HTTP/1.1\r\nhost: 127.0.0.1:${load.port}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}content-length: `;
    this.socket = net.connect({ port: load.port, host: "127.0.0.1", noDelay: true });
    this.socket.setEncoding("latin1");
    this.socket.on("data", (chunk: string) => this.take(chunk));
    const lost = (error?: Error) => this.settle?.(error ?? new Error("the server closed the connection"));
    this.socket.on("error", lost);
    this.socket.on("close", () => lost());
  }

  private take(chunk: string) {
    this.received += chunk;
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const length = /content-length: *(\d+)/i.exec(this.received.slice(0, headEnd))?.[1];
    if (length === undefined) {
      this.settle?.(new Error(`an answer names no length: ${this.received.slice(0, headEnd)}`));
      return;
    }
    if (this.received.length < headEnd + HEAD_END.length + Number(length)) return;
    this.latenciesMs.push(performance.now() - this.sentAt);
    if (this.received.charCodeAt(9) !== 0x32) this.failures += 1;
    this.received = "";
    this.settle?.();
  }

  private exchange(): Promise<void> {
    const body = this.load.body(this.number);
    return new Promise((resolve, reject) => {
      this.settle = (error) => (error ? reject(error) : resolve());
      this.sentAt = performance.now();
      this.socket.write(`${this.head}${Buffer.byteLength(body)}${HEAD_END}${body}`);
    });
  }

  async run(untilMs: number): Promise<void> {
    try {
      while (performance.now() < untilMs) await this.exchange();
    } finally {
      this.settle = undefined;
      this.socket.destroy();
    }
  }
}

/** Loads a server for `seconds`. */
export async function measure(load: Load, connections: number, seconds: number): Promise<Figures> {
  const all = Array.from({ length: connections }, (_, number) => new Connection(load, number));
  const begin = performance.now();
  await Promise.all(all.map((connection) => connection.run(begin + seconds * 1000)));
  const elapsed = (performance.now() - begin) / 1000;
  const latencies = Float64Array.from(all.flatMap((connection) => connection.latenciesMs)).sort();
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    requests: latencies.length,
    perSecond: latencies.length / elapsed,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failures: all.reduce((sum, connection) => sum + connection.failures, 0),
  };
}
