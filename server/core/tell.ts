import { commitsAlone, namedStatement, type Db } from "@/db/client";
import { log } from "./log";

/** What processes tell one another through the database. Whoever listens looks by itself as well, now and then: a lost message is a delay. */
export const CHANNELS = ["mw_live", "mw_outbox", "mw_routes", "mw_access", "mw_audit"] as const;
export type Channel = (typeof CHANNELS)[number];

/** Told once each, however often. */
class Messages {
  private readonly kept = new Map<string, { channel: Channel; payload: string }>();

  get size(): number {
    return this.kept.size;
  }

  add(channel: Channel, payload: string): void {
    this.kept.set(`${channel} ${payload}`, { channel, payload });
  }

  moveTo(others: Messages): void {
    for (const { channel, payload } of this.kept.values()) others.add(channel, payload);
    this.kept.clear();
  }

  take(): { channels: string[]; payloads: string[] } {
    const all = [...this.kept.values()];
    this.kept.clear();
    return { channels: all.map(({ channel }) => channel), payloads: all.map(({ payload }) => payload) };
  }
}

const notifyAll = namedStatement(
  "tell",
  "select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as told(channel, payload)",
);

/** Sends for one pool, one statement at a time: what comes while one is at work goes with the next. */
class Sender {
  readonly waiting = new Messages();
  private isSending = false;

  constructor(private readonly db: Db) {}

  send(): void {
    if (this.isSending || this.waiting.size === 0) return;
    this.isSending = true;
    void this.sendAll().finally(() => {
      this.isSending = false;
      this.send();
    });
  }

  private async sendAll(): Promise<void> {
    const { channels, payloads } = this.waiting.take();
    try {
      await notifyAll(this.db, [channels, payloads]);
    } catch (error) {
      log.debug({ err: error, channels }, "messages were lost");
    }
  }
}

const senders = new WeakMap<Db, Sender>();
const openTransactions = new WeakMap<Db, Messages>();

function senderOf(pool: Db): Sender {
  const known = senders.get(pool) ?? new Sender(pool);
  senders.set(pool, known);
  return known;
}

/** Where messages of `db` wait: for the end of its transaction, or for the next statement of its pool. */
function messagesOf(db: Db): Messages {
  const open = openTransactions.get(db);
  if (open) return open;
  if (!commitsAlone(db)) throw new Error("Open a transaction that tells something with `transaction`.");
  return senderOf(db).waiting;
}

/**
 * Tells the other processes, once what `db` writes is committed: a message inside a transaction would take a lock of the whole server for its
 * commit, and every other commit with a message would wait for it. A rollback tells nothing; a process that dies between commit and message
 * leaves what it wanted to tell to the listeners' own looks.
 */
export function tell(db: Db, channel: Channel, payload: string): void {
  messagesOf(db).add(channel, payload);
  if (commitsAlone(db)) senderOf(db).send();
}

/** A transaction, or inside one a savepoint, whose messages go out when it has committed. */
export async function transaction<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  const messages = new Messages();
  const result = await db.transaction(async (tx) => {
    openTransactions.set(tx, messages);
    return work(tx);
  });
  if (messages.size > 0) {
    messages.moveTo(messagesOf(db));
    if (commitsAlone(db)) senderOf(db).send();
  }
  return result;
}
