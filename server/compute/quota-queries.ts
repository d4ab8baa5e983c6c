import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { jobs, quotaRequests, quotas } from "@/db/schema";
import { allTeams, people } from "@/server/identity";
import { forbidden } from "@/server/core/errors";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { NoInput, query } from "@/server/core/verb";
import { eventsOf } from "./get-job";
import { DEFAULT_QUOTA, flavorsOf, quotaByTeam, usageByTeam, clusterCapacity } from "./ledger";
import { namesOf } from "./queries";
import { loadRequest } from "./quota-load";
import { quotaEffect } from "./quota-effect";
import { quotaLines } from "./queue";
import { HOLDING_STATES } from "./rules";
import { ListQuotaRequestsInput, QuotaRequestIdInput, SetQuotaInput } from "./schemas";

/** The team's quota, what holds it, and the grants that will end. */
export const getQuota = query(
  {
    name: "compute.quota.get",
    permission: "compute.quota.read",
    input: NoInput,
    summary: "The team's quota and usage",
  },
  async ({ ctx }) => {
    const { teamId } = ctx.actor;
    const grants = await ctx.db
      .select({
        id: quotas.id,
        resource: quotas.resource,
        amount: quotas.amount,
        requestId: quotas.requestId,
        expiresAt: quotas.expiresAt,
      })
      .from(quotas)
      .where(
        and(
          eq(quotas.teamId, teamId),
          isNotNull(quotas.requestId),
          isNull(quotas.endedAt),
          gt(quotas.expiresAt, ctx.now()),
        ),
      )
      .orderBy(asc(quotas.expiresAt));
    const holding = await ctx.db
      .select({
        id: jobs.id,
        name: jobs.name,
        cpuMilli: jobs.cpuMilli,
        memoryBytes: jobs.memoryBytes,
        gpuFlavor: jobs.gpuFlavor,
        gpuMilli: jobs.gpuMilli,
        startedAt: jobs.startedAt,
      })
      .from(jobs)
      .where(and(eq(jobs.teamId, teamId), inArray(jobs.state, [...HOLDING_STATES])))
      .orderBy(desc(jobs.cpuMilli))
      .limit(20);
    return {
      lines: await quotaLines(ctx),
      flavors: await flavorsOf(ctx.db),
      grants,
      holding,
    };
  },
);

const Cursor = z.tuple([z.string(), z.string()]);
const createdKey = sql<string>`${quotaRequests.createdAt}::text`;

/** Quota requests of the team, or for platform administrators of all allTeams, newest first. */
export const listQuotaRequests = query(
  {
    name: "compute.quota.list_requests",
    permission: "compute.quota.read",
    input: ListQuotaRequestsInput,
    summary: "List quota requests",
  },
  async ({ ctx, input }) => {
    if (input.scope === "all" && !ctx.actor.isPlatformAdmin) {
      throw forbidden("Only platform administrators see every team's requests.");
    }
    const cursor = decodeCursor(input.cursor, Cursor);
    const filter = and(
      input.scope === "all" ? undefined : eq(quotaRequests.teamId, ctx.actor.teamId),
      input.states.length > 0 ? inArray(quotaRequests.state, input.states) : undefined,
    );
    const rows = await ctx.db
      .select({
        id: quotaRequests.id,
        teamName: allTeams.name,
        flavor: quotaRequests.flavor,
        amountMilli: quotaRequests.amountMilli,
        until: quotaRequests.until,
        why: quotaRequests.why,
        state: quotaRequests.state,
        requestedBy: quotaRequests.requestedBy,
        requesterName: sql<string>`coalesce(${people.name}, 'Modelworks')`,
        createdAt: quotaRequests.createdAt,
        key: createdKey,
      })
      .from(quotaRequests)
      .innerJoin(allTeams, eq(allTeams.id, quotaRequests.teamId))
      .leftJoin(people, eq(people.id, quotaRequests.requestedBy))
      .where(
        and(
          filter,
          cursor
            ? sql`(${quotaRequests.createdAt}, ${quotaRequests.id}) < (${cursor[0]}::timestamptz, ${cursor[1]})`
            : undefined,
        ),
      )
      .orderBy(desc(quotaRequests.createdAt), desc(quotaRequests.id))
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (row) => [row.key, row.id]);
    const [counted] = await ctx.db
      .select({ total: sql<number>`count(*)`.mapWith(Number) })
      .from(quotaRequests)
      .where(filter);
    return {
      items: page.items.map(({ key: _key, ...row }) => row),
      nextCursor: page.nextCursor,
      total: counted?.total ?? 0,
    };
  },
);

/** A request with what approving it would do; other teams' lines are for platform administrators. */
export const getQuotaRequest = query(
  {
    name: "compute.quota.get_request",
    permission: "compute.quota.read",
    input: QuotaRequestIdInput,
    summary: "One quota request",
  },
  async ({ ctx, input }) => {
    const request = await loadRequest(ctx, input.id, "any-team");
    const names = await namesOf(ctx, [request.requestedBy, request.decidedBy]);
    const [team] = await ctx.db
      .select({ name: allTeams.name })
      .from(allTeams)
      .where(eq(allTeams.id, request.teamId));
    const delta = request.state === "open" ? request.amountMilli : 0;
    const effect = await quotaEffect(ctx, request.teamId, `gpu:${request.flavor}`, delta);
    return {
      ...request,
      teamName: team?.name ?? "",
      requesterName: names.get(request.requestedBy) ?? "Modelworks",
      deciderName: request.decidedBy ? (names.get(request.decidedBy) ?? "Modelworks") : null,
      effect: ctx.actor.isPlatformAdmin
        ? effect
        : { ...effect, teams: effect.teams.filter((line) => line.teamId === request.teamId) },
      timeline: await eventsOf(ctx, "quota_request", request.id),
    };
  },
);

/** Every team's quota and usage, for who sets them. */
export const listTeamQuotas = query(
  {
    name: "compute.quota.list_teams",
    permission: "compute.quota.set",
    input: NoInput,
    summary: "Every team's quota and usage",
  },
  async ({ ctx }) => {
    const all = await ctx.db
      .select({ id: allTeams.id, name: allTeams.name })
      .from(allTeams)
      .orderBy(asc(allTeams.name));
    const ids = all.map((team) => team.id);
    const quota = await quotaByTeam(ctx.db, ids, ctx.now());
    const used = await usageByTeam(ctx.db, ids);
    const base = await ctx.db
      .select({ teamId: quotas.teamId, resource: quotas.resource, amount: quotas.amount })
      .from(quotas)
      .where(and(isNull(quotas.requestId), isNull(quotas.endedAt)));
    return {
      capacity: await clusterCapacity(ctx.db),
      flavors: await flavorsOf(ctx.db),
      teams: all.map((team) => ({
        ...team,
        base: {
          ...DEFAULT_QUOTA,
          ...Object.fromEntries(
            base.filter((row) => row.teamId === team.id).map((row) => [row.resource, row.amount]),
          ),
        } as Record<string, number>,
        quota: quota[team.id] ?? {},
        used: used[team.id] ?? {},
      })),
    };
  },
);

/** What setting a base quota would do, before it is done. */
export const previewQuota = query(
  {
    name: "compute.quota.preview",
    permission: "compute.quota.set",
    input: SetQuotaInput.pick({ teamId: true, resource: true, amount: true }),
    summary: "Preview a base quota",
  },
  async ({ ctx, input }) => {
    const [row] = await ctx.db
      .select({ amount: quotas.amount })
      .from(quotas)
      .where(
        and(
          eq(quotas.teamId, input.teamId),
          eq(quotas.resource, input.resource),
          isNull(quotas.requestId),
          isNull(quotas.endedAt),
        ),
      );
    const base = row?.amount ?? DEFAULT_QUOTA[input.resource] ?? 0;
    return quotaEffect(ctx, input.teamId, input.resource, input.amount - base);
  },
);
