import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  apiTokens,
  attestations,
  auditLog,
  memberships,
  notifications,
  outboxEvents,
  reviewDecisions,
  reviews,
  users,
} from "@/db/schema";
import { SERVICE_EMAIL } from "@/server/auth/rules";
import { newId } from "@/server/core/ids";
import { evaluateGates } from "../gates/evaluate-gates";
import { talliesOf } from "../gates/tallies";
import { createWorld, goodEvidence, type Person, type World, registerThing } from "../testing";
import { assignReview, touchReview, withdrawReview } from "./handle-review";
import { commentOnReview } from "./comment-on-review";
import { decideReview } from "./decide-review";
import { exportReview, getReview } from "./get-review";
import { countReviews, listReviews } from "./list-reviews";
import { requestReview } from "./request-review";
import { reviewStanding } from "./standing";
import { voidReviews } from "./void-reviews";

const hex = (letter: string) => `sha256:${letter.repeat(64)}`;
const BOUND = { manifest: hex("a"), contract: hex("b"), card: hex("c"), gates: hex("d") };

let world: World;
let requester: Person;
let author: Person;
let reviewer: Person;
let second: Person;
/** What the subject's own domain would say: digests by subject id. */
const current = new Map<string, Record<string, string>>();

beforeAll(async () => {
  world = await createWorld();
  [requester, author, reviewer, second] = await Promise.all([
    world.person("admin"),
    world.person("reviewer"),
    world.person("reviewer"),
    world.person("reviewer"),
  ]);
  registerThing((id) => current.get(id) ?? {});
});
afterAll(() => world.close());

async function open(options: { evidence?: Record<string, unknown>; environment?: string } = {}) {
  const id = newId("version");
  current.set(id, BOUND);
  const subject = { kind: "thing", id, digest: BOUND.manifest, name: "churn v4" };
  if (options.evidence) {
    await evaluateGates(world.system(), {
      subject,
      evidence: options.evidence,
      trigger: "registered",
      requestedBy: requester.id,
    });
  }
  const input = {
    subject,
    environment: options.environment ?? "production",
    rationale: "Two points better on the holdout.",
    digests: BOUND,
    excludedIds: [author.id],
  };
  const made = await requestReview(requester.ctx(), input);
  return { subjectId: id, reviewId: made.reviewId, input };
}

const approve = (reviewId: string) => ({ reviewId, decision: "approve", reason: "Looked at every slice." });
/** A stored token of a person, which the database looks up when a decision names it. */
async function reviewToken(owner: Person, more: object = {}) {
  const tokenId = newId("token");
  await world.db.insert(apiTokens).values({
    id: tokenId,
    teamId: owner.actor.teamId,
    userId: owner.id,
    name: "Reviews",
    prefix: "mw_test",
    hash: tokenId,
    scopes: ["review"],
    expiresAt: new Date(Date.now() + 86_400_000),
    ...more,
  });
  return { tokenId };
}
const rowOf = async (id: string) =>
  (await world.db.select().from(reviews).where(eq(reviews.id, id)))[0] ?? expect.fail("no review");

describe("asking for a review", () => {
  it("tells those who may decide, and nobody else", async () => {
    const { reviewId, input } = await open();
    const told = await world.db.select().from(notifications).where(eq(notifications.subjectId, reviewId));
    expect(told.map((row) => row.userId).toSorted()).toEqual([reviewer.id, second.id].toSorted());
    expect((await rowOf(reviewId)).excludedIds).toEqual([requester.id, author.id]);
    const again = await requestReview(requester.ctx(), input);
    expect(again).toEqual({ reviewId, state: "open", created: false });
    await expect(requestReview(requester.ctx(), { ...input, rationale: " " })).rejects.toThrow("rationale");
  });

  it("asks no service actor, whatever its role", async () => {
    const service = await world.person("admin");
    await world.db.update(users).set({ email: SERVICE_EMAIL }).where(eq(users.id, service.id));
    const { reviewId } = await open();
    const told = await world.db.select().from(notifications).where(eq(notifications.subjectId, reviewId));
    expect(told.map((row) => row.userId)).not.toContain(service.id);
    const { reviewers } = await getReview.execute(reviewer.caller, { reviewId });
    expect(reviewers).toContain(reviewer.actor.name);
    expect(reviewers).not.toContain(service.actor.name);
    await world.db.update(users).set({ disabledAt: new Date() }).where(eq(users.id, service.id));
  });

  it("with other digests ends the earlier one", async () => {
    const { reviewId, input, subjectId } = await open();
    const digests = { ...BOUND, card: hex("e") };
    const next = await requestReview(requester.ctx(), { ...input, digests });
    expect(next.created).toBe(true);
    expect(await rowOf(reviewId)).toMatchObject({ state: "void" });
    const standing = await reviewStanding(world.system(), {
      subjectKind: "thing",
      subjectId,
      environment: "production",
      digests,
    });
    expect(standing).toMatchObject({ state: "open", reviewId: next.reviewId });
  });
});

describe("four eyes", () => {
  it("keeps out requester, author, members, viewers, outsiders, tokens and the system", async () => {
    const { reviewId } = await open();
    const [member, viewer, foreign] = await Promise.all([
      world.person("member"),
      world.person("viewer"),
      world.person("reviewer", { teamId: world.otherTeamId }),
    ]);
    for (const caller of [requester, author, member, viewer].map((one) => one.caller)) {
      await expect(decideReview.execute(caller, approve(reviewId))).rejects.toMatchObject({
        code: "forbidden",
      });
    }
    await expect(decideReview.execute(reviewer.token, approve(reviewId))).rejects.toThrow("review");
    await expect(decideReview.execute(world.system(), approve(reviewId))).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(decideReview.execute(foreign.caller, approve(reviewId))).rejects.toMatchObject({
      code: "not_found",
    });
    expect((await rowOf(reviewId)).state).toBe("open");
  });

  it("holds in the database too", async () => {
    const { reviewId } = await open();
    const member = await world.person("member");
    const decide = (reviewerId: string, more: object = {}) =>
      world.db.insert(reviewDecisions).values({
        id: newId("review"),
        reviewId,
        reviewerId,
        actorKind: "user",
        reviewerRole: "reviewer",
        decision: "approve",
        reason: "x",
        boundDigests: BOUND,
        ...more,
      });
    for (const one of [requester, author, member]) await expect(decide(one.id)).rejects.toThrow();
    await expect(decide(reviewer.id, { actorKind: "token" })).rejects.toThrow();
    await expect(decide(reviewer.id, { actorKind: "user", tokenId: "tok_1" })).rejects.toThrow();
    const foreign = await reviewToken(second);
    const bad = [
      await reviewToken(reviewer, { scopes: ["write", "admin"] }),
      await reviewToken(reviewer, { jobId: "job_1" }),
      await reviewToken(reviewer, { revokedAt: new Date() }),
      await reviewToken(reviewer, { expiresAt: new Date(0) }),
      foreign,
    ];
    for (const { tokenId } of bad) {
      await expect(decide(reviewer.id, { actorKind: "token", tokenId })).rejects.toThrow();
    }
    await expect(decide(reviewer.id, { boundDigests: { manifest: hex("f") } })).rejects.toThrow();
    const set = (text: string) =>
      world.db.execute(sql`update reviews set ${sql.raw(text)} where id = ${reviewId}`);
    await expect(set("state = 'approved'")).rejects.toThrow();
    await expect(set("excluded_ids = '{}'")).rejects.toThrow();
    await expect(set(`bound_digests = '{}'`)).rejects.toThrow();
    await expect(set(`requested_by = 'usr_x'`)).rejects.toThrow();
  });

  it("lets a token decide that has the scope by name, and writes down that it was one", async () => {
    const { reviewId } = await open();
    const token = await reviewToken(reviewer);
    const acting = (more: object = {}) => ({
      db: world.db,
      actor: {
        ...reviewer.actor,
        kind: "token" as const,
        tokenId: token.tokenId,
        scopes: ["review" as const],
        ...more,
      },
    });
    await expect(decideReview.execute(acting({ jobId: "job_1" }), approve(reviewId))).rejects.toMatchObject({
      code: "forbidden",
    });
    const own = await open();
    const asRequester = await reviewToken(requester);
    await expect(
      decideReview.execute(
        acting({ userId: requester.id, role: "admin", tokenId: asRequester.tokenId }),
        approve(own.reviewId),
      ),
    ).rejects.toThrow("You asked for this review");
    const done = await decideReview.execute(acting(), approve(reviewId));
    expect(done.state).toBe("approved");
    const [row] = await world.db
      .select()
      .from(reviewDecisions)
      .where(eq(reviewDecisions.id, done.decisionId));
    expect(row).toMatchObject({ actorKind: "token", tokenId: token.tokenId, reviewerId: reviewer.id });
    const [attested] = await world.db
      .select()
      .from(attestations)
      .where(eq(attestations.id, done.attestationId ?? ""));
    expect(attested?.statement).toMatchObject({
      predicate: { reviewer: { id: reviewer.id, actedBy: "api-token", tokenId: token.tokenId } },
    });
    const trail = await world.db.select().from(auditLog).where(eq(auditLog.subjectId, reviewId));
    const decided = trail.find((each) => each.action === "governance.review.decide");
    expect(decided?.actorKind).toBe("token");
    expect(JSON.parse(decided?.payload ?? "{}")).toMatchObject({
      actor: { kind: "token", id: reviewer.id, tokenId: token.tokenId },
      after: { by: "API token" },
    });
  });

  it("reads the role at the moment of the decision", async () => {
    const { reviewId } = await open();
    const former = await world.person("reviewer");
    await world.db.update(memberships).set({ role: "member" }).where(eq(memberships.userId, former.id));
    // The actor was read just before the change; the database still refuses.
    await expect(decideReview.execute(former.caller, approve(reviewId))).rejects.toThrow();
    expect((await rowOf(reviewId)).state).toBe("open");
    expect(
      await world.db
        .select()
        .from(attestations)
        .where(eq(attestations.dedupKey, `review:${reviewId}`)),
    ).toEqual([]);
  });
});

describe("a decision", () => {
  it("is attested, audited, told, and final", async () => {
    const { reviewId, subjectId } = await open();
    const done = await decideReview.execute(reviewer.caller, { ...approve(reviewId), seenDigests: BOUND });
    expect(done.state).toBe("approved");
    const [attested] = await world.db
      .select()
      .from(attestations)
      .where(eq(attestations.id, done.attestationId ?? ""));
    expect(attested).toMatchObject({ label: "review", result: "approve", subjectDigest: BOUND.manifest });
    expect(attested?.statement).toMatchObject({
      predicate: {
        environment: "production",
        reviewer: { id: reviewer.id, role: "reviewer", actedBy: "person" },
      },
    });
    const events = await world.db
      .select()
      .from(outboxEvents)
      .where(eq(outboxEvents.type, "governance.review_decided"));
    expect(events.some((event) => event.payload.reviewId === reviewId)).toBe(true);
    const trail = await world.db.select().from(auditLog).where(eq(auditLog.subjectId, reviewId));
    expect(trail.map((row) => row.action)).toContain("governance.review.decide");
    const standing = { subjectKind: "thing", subjectId, environment: "production", digests: BOUND };
    expect(await reviewStanding(world.system(), standing)).toEqual({
      state: "approved",
      reviewId,
      reasons: [],
    });
    expect(await reviewStanding(world.system(), { ...standing, environment: "staging" })).toMatchObject({
      state: "none",
    });
    await expect(decideReview.execute(second.caller, approve(reviewId))).rejects.toMatchObject({
      code: "conflict",
      details: { state: "approved" },
    });
  });

  it.each([
    ["request_changes", "changes_requested"],
    ["reject", "rejected"],
  ])("%s needs a reason and leads to %s", async (decision, state) => {
    const { reviewId } = await open();
    await expect(decideReview.execute(reviewer.caller, { reviewId, decision })).rejects.toMatchObject({
      code: "invalid",
      details: { fields: { reason: expect.any(String) } },
    });
    expect(
      await decideReview.execute(reviewer.caller, { reviewId, decision, reason: "Group B." }),
    ).toMatchObject({
      state,
    });
  });

  it("approves without a reason only when every check passed", async () => {
    const green = await open({ evidence: goodEvidence() });
    const unclear = await open({ evidence: { ...goodEvidence(), fairness: undefined } });
    const plain = (reviewId: string) => ({ reviewId, decision: "approve" });
    expect(await decideReview.execute(reviewer.caller, plain(green.reviewId))).toMatchObject({
      state: "approved",
    });
    await expect(decideReview.execute(reviewer.caller, plain(unclear.reviewId))).rejects.toThrow(
      "not every check",
    );
  });

  it("is made once when two reviewers race", async () => {
    const { reviewId } = await open();
    const results = await Promise.allSettled([
      decideReview.execute(reviewer.caller, approve(reviewId)),
      decideReview.execute(second.caller, { ...approve(reviewId), decision: "reject" }),
    ]);
    expect(results.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const lost = results.find((one) => one.status === "rejected");
    expect(lost?.reason).toMatchObject({ code: "conflict" });
    const verdicts = await world.db
      .select()
      .from(reviewDecisions)
      .where(eq(reviewDecisions.reviewId, reviewId));
    expect(verdicts).toHaveLength(1);
  });
});

describe("changed evidence", () => {
  it("noticed at the decision makes the review void and the call a conflict", async () => {
    const { reviewId, subjectId } = await open();
    current.set(subjectId, { ...BOUND, card: hex("9") });
    await expect(decideReview.execute(reviewer.caller, approve(reviewId))).rejects.toMatchObject({
      code: "conflict",
      details: { state: "void" },
    });
    expect(await rowOf(reviewId)).toMatchObject({
      state: "void",
      stateReason: expect.stringContaining("model card"),
    });
  });

  it("ends an approval, says which digest, and tells who took part", async () => {
    const { reviewId, subjectId } = await open();
    await decideReview.execute(reviewer.caller, approve(reviewId));
    const changed = { ...BOUND, contract: hex("9") };
    const subject = { subjectKind: "thing", subjectId };
    const input = { ...subject, currentDigests: changed, reason: "Ada edited the contract." };
    expect(await voidReviews(world.system(), { ...input, currentDigests: BOUND })).toEqual({ voided: [] });
    expect(await voidReviews(world.system(), input)).toEqual({ voided: [reviewId] });
    expect(await voidReviews(world.system(), input)).toEqual({ voided: [] });
    const standing = await reviewStanding(world.system(), {
      ...subject,
      environment: "production",
      digests: changed,
    });
    expect(standing).toEqual({
      state: "void",
      reviewId,
      reasons: ["The contract changed. Ada edited the contract."],
    });
    const told = await world.db
      .select({ id: notifications.userId })
      .from(notifications)
      .where(eq(notifications.dedupKey, `review-voided:${reviewId}`));
    expect(told.map((row) => row.id).toSorted()).toEqual([requester.id, reviewer.id].toSorted());
  });
});

describe("handling", () => {
  it("comments by anyone who works there, assigns to reviewers, notes the first touch", async () => {
    const { reviewId } = await open();
    expect(
      await commentOnReview.execute(author.caller, { reviewId, text: "The slice is small." }),
    ).toMatchObject({
      state: "open",
    });
    expect((await rowOf(reviewId)).firstTouchedAt).toBeNull();
    expect(await touchReview.execute(reviewer.caller, { reviewId })).toEqual({ touched: true });
    expect(await touchReview.execute(second.caller, { reviewId })).toEqual({ touched: false });
    await assignReview.execute(reviewer.caller, { reviewId, to: "me" });
    expect((await rowOf(reviewId)).assigneeId).toBe(reviewer.id);
    await expect(assignReview.execute(author.caller, { reviewId, to: "me" })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(commentOnReview.execute(reviewer.token, { reviewId, text: "x" })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(commentOnReview.execute(author.caller, { reviewId, text: " " })).rejects.toMatchObject({
      code: "invalid",
    });
  });

  it("withdraws by the requester while it is open", async () => {
    const { reviewId } = await open();
    const member = await world.person("member");
    await expect(withdrawReview.execute(member.caller, { reviewId })).rejects.toMatchObject({
      code: "forbidden",
    });
    await withdrawReview.execute(requester.caller, { reviewId, reason: "Wrong version." });
    await expect(decideReview.execute(reviewer.caller, approve(reviewId))).rejects.toMatchObject({
      code: "conflict",
    });
  });
});

describe("reading", () => {
  it("lists by tab, says what each waits for, and pages without gaps", async () => {
    const { reviewId } = await open({ environment: "staging" });
    const mine = await listReviews.execute(second.caller, { tab: "mine" });
    expect(mine.items.some((item) => item.id === reviewId)).toBe(false);
    const team = await listReviews.execute(second.caller, { tab: "team", environment: "staging" });
    expect(team.items.find((item) => item.id === reviewId)).toMatchObject({
      mayDecide: true,
      blockedOn: "Waits for a reviewer; you may take it",
    });
    const own = await listReviews.execute(requester.caller, { tab: "mine", environment: "staging" });
    expect(own.items.find((item) => item.id === reviewId)).toMatchObject({
      mayDecide: false,
      blockedOn: "Waits for another reviewer",
    });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listReviews.execute>> = await listReviews.execute(second.caller, {
        tab: "team",
        limit: 2,
        cursor,
      });
      seen.push(...page.items.map((item) => item.id));
      cursor = page.nextCursor;
    } while (cursor);
    const { team: count } = await countReviews.execute(second.caller, {});
    expect(new Set(seen).size).toBe(count);
    const foreign = await world.person("reviewer", { teamId: world.otherTeamId });
    expect((await listReviews.execute(foreign.caller, { tab: "team" })).items).toEqual([]);
  });

  it("shows checks, blockers with who clears them, who may not decide, and exports the record", async () => {
    const unfair = { ...goodEvidence(), fairness: { ...goodEvidence().fairness, verdict: "indeterminate" } };
    const { reviewId } = await open({ evidence: unfair });
    const shown = await getReview.execute(reviewer.token, { reviewId });
    expect(shown.gates?.outcome).toBe("indeterminate");
    expect(shown.gatesInWords).toBe("1 undecided");
    // The notice that asked for it, and the lists of the registry, count alike.
    const tallies = async () => [...(await talliesOf(world.system(), "thing", [shown.subjectId])).values()];
    expect(await tallies()).toEqual(["1 undecided"]);
    expect(shown.blockers).toContainEqual({
      what: "Groups are treated alike: undecided",
      clearedBy: "An approving reviewer",
    });
    expect(shown.whyNotDecide).toContain("signed-in person");
    expect(shown.excluded.map((each) => each.id)).toEqual([requester.id, author.id]);
    await decideReview.execute(reviewer.caller, approve(reviewId));
    expect(await tallies()).toEqual([`1 undecided, accepted by ${reviewer.actor.name}`]);
    const record = await exportReview.execute(requester.caller, { reviewId });
    expect(record.review.gatesInWords).toBe(`1 undecided, accepted by ${reviewer.actor.name}`);
    expect(Object.keys(record.bundles)).toHaveLength(7);
    const foreign = await world.person("reviewer", { teamId: world.otherTeamId });
    await expect(getReview.execute(foreign.caller, { reviewId })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});
