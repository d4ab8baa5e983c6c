import { and, eq, ne } from "drizzle-orm";
import { quotaRequests } from "@/db/schema";
import { people } from "@/server/identity";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, forbidden, invalidField } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { notify } from "@/server/notifications";
import { flavorOf } from "./ledger";
import { loadRequest } from "./quota-load";
import { amountInWords } from "./rules";
import { QUOTA_MAX_DAYS } from "./rules";
import { QuotaRequestIdInput, RequestQuotaInput } from "./schemas";
import { quotaRequestHref, quotaTopic } from "./kinds";

const HOUR_MS = 3600_000;

async function platformAdmins(ctx: Ctx, except: string): Promise<string[]> {
  const rows = await ctx.db
    .select({ id: people.id })
    .from(people)
    .where(and(eq(people.isPlatformAdmin, true), ne(people.id, except)));
  return rows.map((row) => row.id);
}

/** Asks for GPU quota until a day. Errors: `invalid` for an unknown flavor or a time that is past or too far. */
export const requestQuota = mutation(
  {
    name: "compute.quota.request",
    permission: "compute.quota.request",
    input: RequestQuotaInput,
    summary: "Ask for GPU quota",
  },
  async ({ ctx, input }) => {
    const flavor = await flavorOf(ctx.db, input.flavor);
    if (!flavor) throw invalidField("flavor", "is no kind of GPU that this cluster has");
    const ahead = input.until.getTime() - ctx.now().getTime();
    if (ahead < HOUR_MS) throw invalidField("until", "is at least an hour from now");
    if (ahead > QUOTA_MAX_DAYS * 24 * HOUR_MS) {
      throw invalidField("until", `is at most ${QUOTA_MAX_DAYS} days from now`, "Ask again before it ends.");
    }
    const [row] = await ctx.db
      .insert(quotaRequests)
      .values({
        id: newId("quotaRequest"),
        teamId: ctx.actor.teamId,
        ...input,
        requestedBy: ctx.actor.userId,
        createdAt: ctx.now(),
      })
      .returning();
    if (!row) throw conflict("The request could not be written.", "Try again.");
    const what = `${amountInWords(`gpu:${row.flavor}`, row.amountMilli)} ${flavor.title}`;
    await emit(ctx, { type: "compute.quota_requested", payload: { requestId: row.id } });
    await notify(ctx, {
      userIds: await platformAdmins(ctx, ctx.actor.userId),
      dedupKey: `quota_requested:${row.id}`,
      kind: "quota",
      title: `${ctx.actor.name} asks for ${what}`,
      body: row.why,
      href: quotaRequestHref(row.id),
      reason: "You are a platform administrator",
      subject: { kind: "quota_request", id: row.id },
    });
    await notifyLive(ctx.db, ctx.actor.teamId, quotaTopic);
    await audit(ctx, {
      action: "compute.quota.request",
      subject: { kind: "quota_request", id: row.id, label: what },
      after: { flavor: row.flavor, amountMilli: row.amountMilli, until: row.until },
      reason: row.why,
    });
    return row;
  },
);

/** Takes a request back, by who made it or an admin of the team. Errors: `forbidden`, `conflict` when it is decided. */
export const withdrawQuotaRequest = mutation(
  {
    name: "compute.quota.withdraw",
    permission: "compute.quota.request",
    input: QuotaRequestIdInput,
    summary: "Withdraw a quota request",
  },
  async ({ ctx, input }) => {
    const request = await loadRequest(ctx, input.id, "own-team");
    if (request.requestedBy !== ctx.actor.userId && ctx.actor.role !== "admin") {
      throw forbidden("Only who asked, or an admin of the team, can withdraw this request.");
    }
    const [row] = await ctx.db
      .update(quotaRequests)
      .set({ state: "withdrawn", decidedAt: ctx.now(), decidedBy: ctx.actor.userId })
      .where(and(eq(quotaRequests.id, request.id), eq(quotaRequests.state, "open")))
      .returning();
    if (!row)
      throw conflict(`This request is already ${request.state}.`, undefined, { state: request.state });
    await notifyLive(ctx.db, request.teamId, quotaTopic);
    await audit(ctx, {
      action: "compute.quota.withdraw",
      subject: { kind: "quota_request", id: row.id },
      before: { state: "open" },
      after: { state: "withdrawn" },
    });
    return row;
  },
);
