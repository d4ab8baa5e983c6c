export interface MicroBatchOptions<T, R> {
  /** Does the work of all items at once and answers in their order. */
  run: (items: readonly T[]) => Promise<readonly R[]>;
  /** Items of one key are never in two batches at the same time, and keep their order. */
  keyOf: (item: T) => string;
  /** How much an item adds to its batch; 1 each unless said. */
  sizeOf?: (item: T) => number;
  /** A batch is closed before it grows beyond this; a larger item goes alone. */
  maxSize: number;
  /** Batches at work at the same time. */
  maxInFlight: number;
  /** Whether a batch's failure may be the fault of one item: then each is tried by itself. */
  isItemFault: (error: unknown) => boolean;
}

interface Waiting<T, R> {
  item: T;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Joins what arrives while earlier batches are at work. No timer: an item that arrives alone starts at the end of the present turn of the
 * event loop, and under load batches grow by themselves. Each item settles with its own outcome, after its batch is done.
 */
export class MicroBatch<T, R> {
  private readonly waiting = new Map<string, Waiting<T, R>[]>();
  private readonly busyKeys = new Set<string>();
  private inFlight = 0;
  private scheduled = false;

  constructor(private readonly options: MicroBatchOptions<T, R>) {}

  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      const key = this.options.keyOf(item);
      const queue = this.waiting.get(key);
      const entry = { item, resolve, reject };
      if (queue) queue.push(entry);
      else this.waiting.set(key, [entry]);
      this.schedule();
    });
  }

  private schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.inFlight < this.options.maxInFlight) {
        const batch = this.take();
        if (batch.entries.length === 0) return;
        void this.work(batch);
      }
    });
  }

  private take() {
    const { maxSize, sizeOf } = this.options;
    const entries: Waiting<T, R>[] = [];
    const keys: string[] = [];
    let size = 0;
    for (const [key, queue] of this.waiting) {
      if (this.busyKeys.has(key)) continue;
      let count = 0;
      for (const entry of queue) {
        const more = sizeOf?.(entry.item) ?? 1;
        if (entries.length > 0 && size + more > maxSize) break;
        size += more;
        entries.push(entry);
        count += 1;
      }
      if (count > 0) keys.push(key);
      if (count === queue.length) this.waiting.delete(key);
      else queue.splice(0, count);
      if (size >= maxSize) break;
    }
    return { entries, keys };
  }

  private async work({ entries, keys }: ReturnType<MicroBatch<T, R>["take"]>): Promise<void> {
    this.inFlight += 1;
    for (const key of keys) this.busyKeys.add(key);
    try {
      await this.settle(entries);
    } catch (error) {
      if (entries.length === 1 || !this.options.isItemFault(error))
        for (const entry of entries) entry.reject(error);
      else for (const entry of entries) await this.settle([entry]).catch(entry.reject);
    } finally {
      this.inFlight -= 1;
      for (const key of keys) this.busyKeys.delete(key);
      this.schedule();
    }
  }

  private async settle(entries: readonly Waiting<T, R>[]): Promise<void> {
    const results = await this.options.run(entries.map((entry) => entry.item));
    entries.forEach((entry, index) => {
      if (index < results.length) entry.resolve(results[index] as R);
      else entry.reject(new Error("the batch gave no answer for this item"));
    });
  }
}

/** Postgres' classes of data, constraint and serialization errors: one row may cause them, and they undo its whole statement. */
const ROW_FAULT = /^(22|23|40)/;

export function isRowFault(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string" && ROW_FAULT.test(at.code)) return true;
  }
  return false;
}
