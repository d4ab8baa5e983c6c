import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planAdmission, queueOrder, type Ledger, type WaitingJob } from "./plan-admission";

const job = (
  id: string,
  teamId: string,
  needs: WaitingJob["needs"],
  extra: Partial<WaitingJob> = {},
): WaitingJob => ({
  id,
  teamId,
  needs,
  priority: 0,
  createdAtMs: Number(id),
  notBeforeMs: null,
  ...extra,
});
const ledger = (extra: Partial<Ledger> = {}): Ledger => ({
  quota: { a: { cpu: 4000, "gpu:x": 2000 }, b: { cpu: 4000 } },
  used: {},
  capacity: { cpu: 6000, "gpu:x": 2000 },
  nowMs: 1_000,
  ...extra,
});
const reasons = (jobs: WaitingJob[], state: Ledger) =>
  Object.fromEntries(planAdmission(jobs, state).map((verdict) => [verdict.id, verdict.reason]));

describe("the order of the queue", () => {
  it("lets a priority reorder a team's own jobs and never overtake another team's", () => {
    const order = queueOrder([
      job("1", "a", {}),
      job("2", "b", {}),
      job("3", "a", {}, { priority: 5 }),
      job("4", "b", {}),
    ]);
    expect(order.map((each) => each.id)).toEqual(["3", "2", "1", "4"]);
  });
});

describe("admission", () => {
  it("does not let small jobs starve a big one that waits for the same", () => {
    const waiting = [job("1", "a", { cpu: 4000 }), job("2", "a", { cpu: 500 })];
    expect(reasons(waiting, ledger({ used: { a: { cpu: 1000 } } }))).toEqual({
      "1": "WaitingForQuota",
      "2": "WaitingBehind",
    });
  });

  it("lets jobs pass that do not use what the big one waits for, and other teams", () => {
    const waiting = [
      job("1", "a", { cpu: 1000, "gpu:x": 2000 }),
      job("2", "a", { cpu: 500 }),
      job("3", "b", { cpu: 500 }),
    ];
    expect(reasons(waiting, ledger({ used: { a: { "gpu:x": 500 } } }))).toEqual({
      "1": "WaitingForQuota",
      "2": "Admitted",
      "3": "Admitted",
    });
  });

  it("tells the cluster's shortage from the quota's, and a job that never fits blocks nobody", () => {
    const waiting = [
      job("1", "a", { cpu: 9000 }),
      job("2", "a", { cpu: 4000 }),
      job("3", "b", { cpu: 1000 }),
    ];
    expect(reasons(waiting, ledger({ used: { b: { cpu: 3000 } } }))).toEqual({
      "1": "ExceedsMaxQuota",
      "2": "WaitingForCapacity",
      "3": "WaitingBehind",
    });
  });

  it("holds a retry back until its time", () => {
    const waiting = [job("1", "a", { cpu: 100 }, { notBeforeMs: 2_000 })];
    expect(reasons(waiting, ledger())).toEqual({ "1": "RetryBackoff" });
    expect(reasons(waiting, ledger({ nowMs: 2_000 }))).toEqual({ "1": "Admitted" });
  });

  it("never hands out more than quota or capacity, whatever the queue", () => {
    const anyJob = fc.record({
      teamId: fc.constantFrom("a", "b", "c"),
      cpu: fc.integer({ min: 1, max: 5000 }),
      gpu: fc.integer({ min: 0, max: 2500 }),
      priority: fc.integer({ min: -3, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(anyJob, { maxLength: 30 }), (drawn) => {
        const jobs = drawn.map((each, index) =>
          job(String(index), each.teamId, { cpu: each.cpu, "gpu:x": each.gpu }, { priority: each.priority }),
        );
        const state = ledger();
        const started = new Set(
          planAdmission(jobs, state).flatMap((verdict) => (verdict.admit ? [verdict.id] : [])),
        );
        const total = (resource: string, teamId?: string) =>
          jobs
            .filter((each) => started.has(each.id) && (teamId === undefined || each.teamId === teamId))
            .reduce((sum, each) => sum + (each.needs[resource] ?? 0), 0);
        for (const resource of ["cpu", "gpu:x"]) {
          expect(total(resource)).toBeLessThanOrEqual(state.capacity[resource] ?? 0);
          for (const teamId of ["a", "b", "c"]) {
            expect(total(resource, teamId)).toBeLessThanOrEqual(state.quota[teamId]?.[resource] ?? 0);
          }
        }
      }),
    );
  });
});
