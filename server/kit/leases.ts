import os from "node:os";
import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { AppError } from "@/server/core/errors";

const TTL_MS = 10_000;

/** The right to do one reconciler's work, for as long as it is renewed. */
export interface Lease {
  token: number;
  /** Aborts when the lease ran out or another took it: begin nothing more. */
  signal: AbortSignal;
  /**
   * For a write that must not happen twice: refuses, in the transaction of the write, when the lease is another's by now, and keeps it
   * from passing on until that transaction has ended.
   */
  fence: (tx: Db) => Promise<void>;
}

interface Held {
  lease: Lease;
  lost: AbortController;
  untilMs: number;
}

interface Granted extends Record<string, unknown> {
  name: string;
  token: number;
}

const lostLease = () =>
  new AppError("conflict", "Another worker does this by now.", { hint: "It goes on there." });

/**
 * Which reconcilers this process runs. A lease is a row: whoever holds it renews it, and one that ran out passes on under a higher token. No
 * transaction is open meanwhile. By our own clock a lease ends earlier than by the database's, since it is counted from before it was asked for.
 */
export class Leases {
  private readonly held = new Map<string, Held>();

  constructor(
    private readonly db: Db,
    private readonly holder: string,
    private readonly ttlMs = TTL_MS,
  ) {}

  /** The lease of a name; undefined when another holds it, or ours was not renewed in time. */
  of(name: string): Lease | undefined {
    const own = this.held.get(name);
    if (!own) return undefined;
    if (performance.now() < own.untilMs) return own.lease;
    this.lose(name, own);
    return undefined;
  }

  /** Renews what is ours and takes what nobody holds. Call it several times within `ttlMs`. */
  async look(names: readonly string[]): Promise<void> {
    const askedMs = performance.now();
    const ours = [...this.held].map(([name, { lease }]) => ({ name, token: lease.token }));
    const { rows: renewed } = await this.db.execute<Granted>(sql`
      update tick_leases l set expires_at = now() + make_interval(secs => ${this.ttlMs / 1000})
      from unnest(${sql.param(ours.map(({ name }) => name))}::text[], ${sql.param(ours.map(({ token }) => token))}::bigint[]) as own(name, token)
      where l.name = own.name and l.token = own.token and l.holder = ${this.holder} and l.expires_at > now()
      returning l.name, l.token::int as token`);
    for (const { name, token } of renewed) this.keep(name, token, askedMs);
    const kept = new Set(renewed.map(({ name }) => name));
    for (const [name, own] of this.held) if (!kept.has(name)) this.lose(name, own);
    const others = names.filter((name) => !kept.has(name));
    if (others.length === 0) return;
    await this.releaseOfTheDead(others);
    const { rows: taken } = await this.db.execute<Granted>(sql`
      insert into tick_leases as l (name, holder, token, expires_at)
      select name, ${this.holder}, 1, now() + make_interval(secs => ${this.ttlMs / 1000})
      from unnest(${sql.param(others)}::text[]) as wanted(name) order by name
      on conflict (name) do update set holder = excluded.holder, token = l.token + 1, expires_at = excluded.expires_at
        where l.expires_at <= now()
      returning l.name, l.token::int as token`);
    for (const { name, token } of taken) this.keep(name, token, askedMs);
  }

  /** Lets the next process have them at once. */
  async release(): Promise<void> {
    for (const [name, own] of this.held) this.lose(name, own);
    await this.db.execute(sql`update tick_leases set expires_at = now() where holder = ${this.holder}`);
  }

  /** A holder that took its announcement back, or whose process on this machine has ended, is not waited for. */
  private async releaseOfTheDead(names: readonly string[]): Promise<void> {
    const { rows } = await this.db.execute<{ holder: string; host: string | null; pid: number | null }>(sql`
      select distinct l.holder, p.host, p.pid from tick_leases l left join processes p on p.id = l.holder
      where l.name = any(${sql.param([...names])}::text[]) and l.expires_at > now() and l.holder <> ${this.holder}`);
    const dead = rows.filter(({ host, pid }) => pid === null || (host === os.hostname() && !isAlive(pid)));
    if (dead.length === 0) return;
    await this.db.execute(
      sql`update tick_leases set expires_at = now() where holder = any(${sql.param(dead.map(({ holder }) => holder))}::text[])`,
    );
  }

  private keep(name: string, token: number, askedMs: number): void {
    const known = this.held.get(name);
    const untilMs = askedMs + this.ttlMs;
    if (known?.lease.token === token) {
      known.untilMs = untilMs;
      return;
    }
    const lost = new AbortController();
    const fence = async (tx: Db) => {
      const { rows } = await tx.execute(sql`
        select 1 from tick_leases where name = ${name} and holder = ${this.holder} and token = ${token} and expires_at > now() for share`);
      if (rows.length === 0) throw lostLease();
    };
    this.held.set(name, { lease: { token, signal: lost.signal, fence }, lost, untilMs });
  }

  private lose(name: string, own: Held): void {
    this.held.delete(name);
    own.lost.abort(lostLease());
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
