import { and, inArray, isNotNull } from "drizzle-orm";
import type { Db } from "@/db/client";
import { jobs } from "@/db/schema";
import type { AttemptState } from "@/server/adapters/cluster";

const LOOK_EVERY_MS = 400;

/** What one look at an attempt found. */
export interface Look {
  /** Null: the cluster does not know it. */
  state: AttemptState | null;
  /** Why its job is to end, when somebody wants that. */
  cancel: string | undefined;
}

interface Waiting {
  attemptId: string;
  jobId: string;
  resolve: (look: Look) => void;
  reject: (error: unknown) => void;
}

type ObserveMany = (attemptIds: readonly string[]) => Promise<ReadonlyMap<string, AttemptState>>;

/** Looks at all attempts that this process follows at once, every 400 ms: one question to the cluster and one to the database, however many they are. */
export class AttemptLooks {
  private waiting: Waiting[] = [];
  private isDue = false;
  private lookedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly db: Db,
    private readonly observeMany: ObserveMany,
  ) {}

  /** What the next look finds. */
  next(attemptId: string, jobId: string): Promise<Look> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ attemptId, jobId, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isDue || this.waiting.length === 0) return;
    this.isDue = true;
    const sinceMs = performance.now() - this.lookedMs;
    setTimeout(() => void this.look(), Math.max(0, LOOK_EVERY_MS - sinceMs));
  }

  private async look(): Promise<void> {
    const taken = this.waiting;
    this.waiting = [];
    try {
      const [states, wishes] = await Promise.all([
        this.observeMany(taken.map(({ attemptId }) => attemptId)),
        this.cancels(taken.map(({ jobId }) => jobId)),
      ]);
      for (const { attemptId, jobId, resolve } of taken)
        resolve({ state: states.get(attemptId) ?? null, cancel: wishes.get(jobId) });
    } catch (error) {
      for (const { reject } of taken) reject(error);
    } finally {
      this.lookedMs = performance.now();
      this.isDue = false;
      this.schedule();
    }
  }

  private async cancels(jobIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.db
      .select({ id: jobs.id, text: jobs.reasonText })
      .from(jobs)
      .where(and(inArray(jobs.id, [...jobIds]), isNotNull(jobs.cancelRequestedAt)));
    return new Map(rows.map((row) => [row.id, row.text]));
  }
}
