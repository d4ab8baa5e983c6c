import { expect, it } from "vitest";
import { noticeReason, nextLog, routeOf, groupKeyOf, type GroupLog, type NoticeReason } from "./rules";
import { AlertRoute } from "./schemas";

/** Alertmanager's own rule (`DedupStage.needsUpdate`), for groups in which nothing is acknowledged or silenced. */
function needsUpdate(
  entry: { firing: Set<string>; resolved: Set<string>; at: number } | null,
  firing: Set<string>,
  resolved: Set<string>,
  now: number,
  repeatMs: number,
): boolean {
  if (entry === null) return firing.size > 0;
  if (![...firing].every((each) => entry.firing.has(each))) return true;
  if (firing.size === 0) return entry.firing.size > 0;
  if (![...resolved].every((each) => entry.resolved.has(each))) return true;
  return entry.at < now - repeatMs;
}

/** A generator whose numbers are the same in every run. */
function numbers(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const NAMES = ["a", "b", "c"];

it("tells when Alertmanager's rule tells, over generated lives of a group", () => {
  const seen = new Set<NoticeReason | null>();
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = numbers(seed);
    let log: GroupLog | null = null;
    let now = 0;
    let firing: string[] = [];
    for (let look = 0; look < 30; look += 1) {
      now += 1_000 * (1 + random(4));
      const next = NAMES.filter(() => random(3) === 0 || random(4) === 0);
      const told: readonly string[] = log?.firing ?? [];
      const group = {
        firing: next,
        acknowledged: [],
        muted: [],
        resolved: told.filter((each) => !next.includes(each)),
      };
      const reason = noticeReason(log, group, now, 9_000);
      const theirs = needsUpdate(
        log && { firing: new Set(log.firing), resolved: new Set(log.resolved), at: log.at.getTime() },
        new Set(next),
        new Set(group.resolved),
        now,
        9_000,
      );
      expect(reason !== null, JSON.stringify({ seed, look, log, firing, next })).toBe(theirs);
      seen.add(reason);
      log = nextLog(log, group, reason, new Date(now));
      firing = next;
    }
  }
  expect(seen.size).toBe(6);
});

it("does not repeat what somebody looks after, and tells anew what still fires after a silence", () => {
  const log: GroupLog = { firing: ["a", "b"], resolved: [], muted: [], at: new Date(0) };
  const group = { firing: ["a", "b"], acknowledged: ["a"], resolved: [] };
  expect(noticeReason(log, group, 10_000, 9_000)).toBe("repeat");
  expect(noticeReason(log, { ...group, acknowledged: ["a", "b"] }, 10_000, 9_000)).toBeNull();
  expect(noticeReason(log, group, 10_000, null)).toBeNull();
  const silenced = { firing: ["b"], acknowledged: [], resolved: [], muted: ["a"] };
  expect(noticeReason(log, silenced, 1_000, 9_000)).toBeNull();
  const after = nextLog(log, silenced, null, new Date(1_000));
  expect(after?.muted).toEqual(["a"]);
  expect(noticeReason(after, group, 2_000, 9_000)).toBe("new");
  // It ended under the silence: its end is told all the same.
  expect(noticeReason(after, { ...silenced, resolved: ["a"] }, 2_000, 9_000)).toBe("resolved");
});

it("the first route that matches takes an alert, and gives the group Alertmanager's key", () => {
  const routes = [
    AlertRoute.parse({ kinds: ["errors", "drift"], severity: "critical" }),
    AlertRoute.parse({ severity: "critical" }),
  ];
  const keyOf = (kind: string, severity: string) => routeOf(routes, { kind, severity });
  expect(keyOf("drift", "critical")).toMatchObject({
    index: 0,
    key: '{}/{alertname=~"ModelworksErrors|ModelworksDrift",severity="critical"}',
  });
  expect(keyOf("latency", "critical")).toMatchObject({ index: 1, key: '{}/{severity="critical"}' });
  expect(keyOf("drift", "warning")).toMatchObject({ index: null, key: "{}" });
  expect(groupKeyOf("{}", { team: "risk", deployment: 'x"' })).toBe(
    String.raw`{}:{deployment="x\"", team="risk"}`,
  );
});
