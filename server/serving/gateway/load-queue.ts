interface Waiting {
  teamId: string;
  run: () => Promise<void>;
}

/** Bounds how many models are loaded at once, and how many of one team, so that a team whose models do not load delays nobody else's. */
export class LoadQueue {
  private readonly waiting: Waiting[] = [];
  private readonly running = new Map<string, number>();
  private total = 0;

  constructor(
    private readonly atOnce = 4,
    private readonly perTeam = 2,
  ) {}

  /** `run` handles its own errors. */
  add(teamId: string, run: () => Promise<void>): void {
    this.waiting.push({ teamId, run });
    this.next();
  }

  private next(): void {
    while (this.total < this.atOnce) {
      const index = this.waiting.findIndex(({ teamId }) => (this.running.get(teamId) ?? 0) < this.perTeam);
      const [task] = index < 0 ? [] : this.waiting.splice(index, 1);
      if (!task) return;
      this.count(task.teamId, 1);
      void task.run().finally(() => {
        this.count(task.teamId, -1);
        this.next();
      });
    }
  }

  private count(teamId: string, by: 1 | -1): void {
    this.total += by;
    const now = (this.running.get(teamId) ?? 0) + by;
    if (now === 0) this.running.delete(teamId);
    else this.running.set(teamId, now);
  }
}
