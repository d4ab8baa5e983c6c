import { and, eq } from "drizzle-orm";
import { quotaRequests, quotas } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, forbidden, precondition } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { notify } from "@/server/notifications";
import { lockLedger, quotaByTeam } from "./ledger";
import { quotaEffect } from "./quota-effect";
import { loadRequest, type QuotaRequest } from "./quota-load";
import { amountInWords, mayDecideQuota, resourceInWords } from "./rules";
import { DecideQuotaInput } from "./schemas";
import { jobsTopic, quotaRequestHref, quotaTopic } from "./kinds";

const NOTHING = { warning: null };

function refuse(ctx: Ctx, request: QuotaRequest): void {
  const verdict = mayDecideQuota(ctx.actor, request);
  if (verdict.allowed) return;
  const reason = verdict.reason ?? "You may not decide on this request.";
  if (request.state !== "open") throw conflict(reason, undefined, { state: request.state });
  throw forbidden(reason, "Ask another platform administrator to decide.");
}

async function apply(ctx: Ctx, request: QuotaRequest): Promise<void> {
  if (request.until <= ctx.now()) {
    throw precondition("The time this request asks for is over.", "Reject it, or have a new one made.");
  }
  await ctx.db.insert(quotas).values({
    id: newId("quota"),
    teamId: request.teamId,
    resource: `gpu:${request.flavor}`,
    amount: request.amountMilli,
    requestId: request.id,
    expiresAt: request.until,
    createdAt: ctx.now(),
  });
}

async function tellRequester(
  ctx: Ctx,
  request: QuotaRequest,
  approved: boolean,
  reason: string,
  warning: string,
) {
  const what = `${amountInWords(`gpu:${request.flavor}`, request.amountMilli)} of ${resourceInWords(`gpu:${request.flavor}`)}`;
  await notify(ctx, {
    userIds: [request.requestedBy],
    dedupKey: `quota_decided:${request.id}`,
    kind: "quota",
    title: `${what}: ${approved ? "approved" : "rejected"}`,
    body: `${ctx.actor.name}: ${reason}${warning && ` (${warning})`}`,
    href: quotaRequestHref(request.id),
    reason: "You asked for this quota",
    subject: { kind: "quota_request", id: request.id },
  });
}

/**
 * Approves or rejects a quota request. An approval is a quota row in the same transaction and ends by itself. Who asked
 * cannot decide, whatever else they may. Errors: `forbidden`, `conflict` when it is decided, `precondition_failed` when too late.
 */
export const decideQuota = mutation(
  {
    name: "compute.quota.decide",
    permission: "compute.quota.decide",
    input: DecideQuotaInput,
    summary: "Decide on a quota request",
  },
  async ({ ctx, input }) => {
    await lockLedger(ctx.db);
    const request = await loadRequest(ctx, input.id, "any-team");
    refuse(ctx, request);
    const approved = input.decision === "approve";
    const state = approved ? "approved" : "rejected";
    const resource = `gpu:${request.flavor}`;
    const before = (await quotaByTeam(ctx.db, [request.teamId], ctx.now()))[request.teamId]?.[resource] ?? 0;
    const [row] = await ctx.db
      .update(quotaRequests)
      .set({
        state,
        decidedBy: ctx.actor.userId,
        decidedAt: ctx.now(),
        decisionReason: input.reason,
        appliedAt: approved ? ctx.now() : null,
      })
      .where(and(eq(quotaRequests.id, request.id), eq(quotaRequests.state, "open")))
      .returning();
    if (!row) throw conflict("This request was decided at the same moment.");
    const { warning } = approved
      ? await quotaEffect(ctx, request.teamId, resource, request.amountMilli)
      : NOTHING;
    if (approved) await apply(ctx, request);
    // The story belongs to the team that asked, wherever the platform administrator is just now.
    const theirs: Ctx = { ...ctx, actor: { ...ctx.actor, teamId: request.teamId } };
    const payload = { requestId: row.id, state };
    await emit(theirs, { type: "compute.quota_decided", payload });
    if (approved) await emit(theirs, { type: "compute.quota_changed", payload: { teamId: request.teamId } });
    await tellRequester(theirs, request, approved, input.reason, warning ?? "");
    await notifyLive(ctx.db, request.teamId, quotaTopic, jobsTopic);
    if (ctx.actor.teamId !== request.teamId) await notifyLive(ctx.db, ctx.actor.teamId, quotaTopic);
    await audit(ctx, {
      action: approved ? "compute.quota.approve" : "compute.quota.reject",
      teamId: request.teamId,
      subject: { kind: "quota_request", id: row.id },
      before: { state: "open", [resource]: before },
      after: {
        state,
        [resource]: approved ? before + request.amountMilli : before,
        until: request.until,
        ...(warning ? { warning } : {}),
      },
      reason: input.reason,
    });
    return { ...row, warning };
  },
);
