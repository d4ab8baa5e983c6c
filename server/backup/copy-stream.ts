import { Readable, Writable } from "node:stream";
import type { Client, Connection, Submittable } from "pg";

/** Codes of the messages of Postgres' protocol that carry rows to the server. */
const DATA = 0x64;
const DONE = 0x63;
const FAIL = 0x66;
const HEADER_BYTES = 5;

type Done = (error?: Error | null) => void;

function message(code: number, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt32BE(body.length + 4, 1);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Rows that a statement hands over (`COPY … TO STDOUT`), as they come; the server waits while nobody reads. */
class CopyOut extends Readable implements Submittable {
  private connection: Connection | undefined;

  constructor(private readonly statement: string) {
    super();
  }

  submit(connection: Connection): void {
    this.connection = connection;
    connection.query(this.statement);
  }

  override _read(): void {
    this.connection?.stream.resume();
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // A copy: the driver writes what comes next over it.
    if (!this.push(Buffer.from(chunk))) this.connection?.stream.pause();
  }

  handleError(error: Error): void {
    this.destroy(error);
  }

  handleCommandComplete(): void {
    // The end is told with the next message: only then may the connection be asked again.
  }

  handleReadyForQuery(): void {
    // Whatever is asked next is read, too.
    this.connection?.stream.resume();
    this.push(null);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.connection?.stream.resume();
    done(error);
  }
}

/** Takes rows for a statement (`COPY … FROM STDIN`); ends when the server has taken them all. */
class CopyIn extends Writable implements Submittable {
  private connection: Connection | undefined;
  private ready: Done | undefined;
  private settled: Done | undefined;
  private failure: Error | undefined;
  private accepting = false;

  constructor(private readonly statement: string) {
    super();
  }

  submit(connection: Connection): void {
    this.connection = connection;
    connection.query(this.statement);
  }

  override _construct(done: Done): void {
    this.ready = done;
  }

  handleCopyInResponse(): void {
    this.accepting = true;
    this.ready?.();
    this.ready = undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    if (this.failure) return done(this.failure);
    const stream = this.connection?.stream;
    // A connection that is lost meanwhile is told by `handleError`.
    if (stream?.write(message(DATA, chunk)) === false) stream.once("drain", () => done());
    else done();
  }

  override _final(done: Done): void {
    this.settled = done;
    this.connection?.stream.write(message(DONE, Buffer.alloc(0)));
  }

  override _destroy(error: Error | null, done: Done): void {
    // The source failed: the server must not take what came so far for everything.
    if (error && this.accepting && !this.failure && !this.settled)
      this.connection?.stream.write(message(FAIL, Buffer.from("the rows ended early\0")));
    done(error);
  }

  handleError(error: Error): void {
    this.failure = error;
    if (this.ready) this.ready(error);
    else if (this.settled) this.settled(error);
    else this.destroy(error);
    this.ready = undefined;
    this.settled = undefined;
  }

  handleCommandComplete(): void {
    // As above.
  }

  handleReadyForQuery(): void {
    this.settled?.();
    this.settled = undefined;
  }
}

/** Opens the rows of a `COPY … TO STDOUT`. Nothing else may be asked of the client until they were read to the end. */
export const copyOut = (client: Client, statement: string): Readable => client.query(new CopyOut(statement));

/** Opens a `COPY … FROM STDIN`; "finish" means that the server has taken every row. */
export const copyIn = (client: Client, statement: string): Writable => client.query(new CopyIn(statement));
