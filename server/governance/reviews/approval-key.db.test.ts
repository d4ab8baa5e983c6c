import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { revokeKey, rotateKey } from "@/server/adapters/signer";
import { env } from "@/server/core/env";
import { newId } from "@/server/core/ids";
import { createWorld, type Person, type World, registerThing } from "../testing";
import { decideReview } from "./decide-review";
import { getReview } from "./get-review";
import { requestReview } from "./request-review";
import { reviewStanding } from "./standing";

const DIGEST = `sha256:${"a".repeat(64)}`;
const BOUND = { manifest: DIGEST, contract: DIGEST, card: DIGEST, gates: DIGEST };

let world: World;
let requester: Person;
let reviewer: Person;
beforeAll(async () => {
  world = await createWorld();
  [requester, reviewer] = [await world.person("admin"), await world.person("reviewer")];
  registerThing(() => BOUND);
});
afterAll(() => world.close());

const keys = () => path.join(env().home, "keys");
const ask = (id: string) =>
  requestReview(requester.ctx(), {
    subject: { kind: "thing", id, digest: DIGEST, name: "churn v4" },
    environment: "production",
    rationale: "Two points better on the holdout.",
    digests: BOUND,
    excludedIds: [],
  });
const approve = (reviewId: string) =>
  decideReview.execute(reviewer.caller, { reviewId, decision: "approve", reason: "Read all of it." });
const standing = (id: string) =>
  reviewStanding(requester.ctx(), {
    subjectKind: "thing",
    subjectId: id,
    environment: "production",
    digests: BOUND,
  });
const stateOf = async (reviewId: string) => (await getReview.execute(requester.caller, { reviewId })).state;

it("lets people approve again when the key changed, so that no approval is missing once the former is revoked", async () => {
  const [ahead, late] = [newId("version"), newId("version")];
  const [first, second] = [await ask(ahead), await ask(late)];
  for (const { reviewId } of [first, second]) await approve(reviewId);
  expect(await ask(ahead)).toEqual({ reviewId: first.reviewId, state: "approved", created: false });

  const { retired } = await rotateKey(keys(), "attestor", new Date());
  expect(await standing(ahead)).toMatchObject({ state: "approved", reviewId: first.reviewId });
  const again = await ask(ahead);
  expect(again).toMatchObject({ state: "open", created: true });
  expect(await ask(ahead)).toEqual({ ...again, created: false });
  // What was approved stays so while people look again.
  expect(await stateOf(first.reviewId)).toBe("approved");
  await approve(again.reviewId);
  expect(await ask(ahead)).toEqual({ reviewId: again.reviewId, state: "approved", created: false });

  await revokeKey(keys(), retired.keyId, "stolen", new Date());
  expect(await standing(ahead)).toMatchObject({ state: "approved", reviewId: again.reviewId, reasons: [] });
  expect(await standing(late)).toMatchObject({
    state: "void",
    reasons: ["The key that signed the approval counts no more."],
  });
  expect(await ask(late)).toMatchObject({ state: "open", created: true });
});
