import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import { log } from "@/server/core/log";
import type { ServingReport } from "../gateway-report";
import { whyNotAdmitted, type AdmitParts } from "./admit";
import { FollowedDeployment, type WhyNoMore } from "./followed-deployment";
import { LoadQueue } from "./load-queue";
import { readRows, type DeploymentRow } from "./read-rows";
import { PolicyStops } from "./policy-stops";
import { routeKey, type Route } from "./routes";

/** Changes are told; this only finds what was not. */
const POLL_MS = 5_000;
const RETRY_MS = 500;
/** A gateway that starts says "ready" when everything was tried, or after this long. */
const READY_AFTER_MS = 10_000;

const ALL = "*";

export interface FollowerOptions extends AdmitParts {
  runtime: ModelRuntime;
  pollMs?: number;
  /** When what this gateway serves, or says of it, has changed. */
  onChange?: () => void;
}

/** Follows what the database wants of every deployment, each by itself: a change is taken over at once, whatever else is being loaded. */
export class RouteFollower {
  private readonly followed = new Map<string, FollowedDeployment>();
  private readonly byName = new Map<string, Route>();
  private readonly loads = new LoadQueue();
  /** What to look at; filled also while a look is under way, so that none is lost. */
  private due = new Set<string>();
  private looking: Promise<void> | undefined;
  private readonly poll: NodeJS.Timeout;
  private hasLooked = false;
  private stopping = false;
  private readonly startedMs = Date.now();

  private readonly stops: PolicyStops;

  constructor(private readonly options: FollowerOptions) {
    this.stops = new PolicyStops(options.db, options.attestorKeys);
    options.runtime.onChange(() => this.changed());
    this.poll = setInterval(() => this.look(ALL), options.pollMs ?? POLL_MS);
    this.look(ALL);
  }

  get routes(): ReadonlyMap<string, Route> {
    return this.byName;
  }

  /** Whether it knows its routes; until then it cannot say of a name that there is none. */
  get knowsRoutes(): boolean {
    return this.hasLooked;
  }

  get isReady(): boolean {
    if (!this.hasLooked) return false;
    const settled = [...this.followed.values()].every((each) => each.isSettled);
    return settled || Date.now() - this.startedMs > READY_AFTER_MS;
  }

  /** Looks at one deployment, or at all (`*`), now. */
  look(deploymentId: string): void {
    if (this.stopping) return;
    this.due.add(deploymentId === "" ? ALL : deploymentId);
    this.looking ??= this.work().finally(() => {
      this.looking = undefined;
    });
  }

  private async work(): Promise<void> {
    while (this.due.size > 0 && !this.stopping) {
      const { due } = this;
      this.due = new Set();
      try {
        await this.lookAt(due.has(ALL) ? undefined : [...due]);
      } catch (error) {
        log.warn({ err: error }, "routes could not be read; the present ones stay");
        for (const id of due) this.due.add(id);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private async lookAt(ids: readonly string[] | undefined): Promise<void> {
    const rows = new Map((await readRows(this.options.db, ids)).map((row) => [row.id, row]));
    for (const id of ids ?? this.followed.keys()) if (!rows.has(id)) this.retire(id);
    for (const row of rows.values()) this.follow(row);
    if (ids === undefined) this.hasLooked = true;
    await this.recheck();
    this.changed();
  }

  /** Asks again of what is served: whether it would be admitted when a key counts no more, else whether a policy in force stops it. */
  private async recheck(): Promise<void> {
    const keys = await this.options.attestorKeys();
    const followed = [...this.followed.values()];
    await this.stops.refresh(followed.flatMap((each) => each.versionIds()));
    const why: WhyNoMore = async (row, versionId, arm, hasLostKeys) => {
      if (hasLostKeys) return whyNotAdmitted(this.options, row, versionId, arm);
      const stopped = await this.stops.why(versionId, row.teamId, row.environment);
      return stopped === undefined ? undefined : `a policy in force stopped it: ${stopped}`;
    };
    await Promise.all(followed.map((each) => each.recheck(keys, why)));
  }

  private follow(row: DeploymentRow): void {
    const present = this.followed.get(row.id);
    if (present) {
      present.apply(row);
      return;
    }
    const { onChange: _unused, ...parts } = this.options;
    const name = routeKey(row.teamId, row.name);
    const publish = () => {
      const own = this.followed.get(row.id);
      if (own) this.byName.set(name, own.route);
      this.changed();
    };
    const made = new FollowedDeployment({ ...parts, loads: this.loads, onChange: publish }, row);
    this.followed.set(row.id, made);
    this.byName.set(name, made.route);
  }

  private retire(id: string): void {
    const gone = this.followed.get(id);
    if (!gone) return;
    this.followed.delete(id);
    const name = routeKey(gone.route.teamId, gone.route.name);
    if (this.byName.get(name)?.deploymentId === id) this.byName.delete(name);
    gone.close();
  }

  private lastReport = "";

  private changed(): void {
    const report = JSON.stringify(this.report());
    if (report === this.lastReport) return;
    this.lastReport = report;
    this.options.onChange?.();
  }

  report(): ServingReport {
    return Object.fromEntries([...this.followed].map(([id, each]) => [id, each.report()]));
  }

  /** Of each deployment the newest generation whose versions were all tried. */
  generations(): Record<string, number> {
    return Object.fromEntries([...this.followed].map(([id, each]) => [id, each.settledGeneration]));
  }

  /** Where a model at the runtime belongs. */
  *served(): Generator<{ runtimeKey: string; number: number; route: Route }> {
    for (const each of this.followed.values())
      for (const version of each.versions()) yield { ...version, route: each.route };
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.poll);
    await this.looking;
    for (const each of this.followed.values()) each.close();
  }
}
