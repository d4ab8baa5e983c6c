import { and, asc, count, eq, ne, or, sql } from "drizzle-orm";
import { savedViews, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { can } from "@/server/core/authz/permissions";
import type { Ctx } from "@/server/core/context";
import { conflict, forbidden, notFound, precondition } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { mutation, query } from "@/server/core/verb";
import { mayChange, normalizeQuery } from "./rules";
import { CreateViewInput, ListViewsInput, UpdateViewInput, ViewIdInput } from "./schemas";

type View = typeof savedViews.$inferSelect;

/** Enough for anybody, and little enough that the menu needs no paging. */
const MOST_VIEWS = 50;

/** Views that the caller sees: the team's and their own. */
const visible = (ctx: Ctx) =>
  and(
    eq(savedViews.teamId, ctx.actor.teamId),
    or(eq(savedViews.scope, "team"), eq(savedViews.ownerId, ctx.actor.userId)),
  );

const shown = (view: View, ctx: Ctx, ownerName: string) => ({
  id: view.id,
  list: view.list,
  name: view.name,
  scope: view.scope,
  query: view.query,
  isDefault: view.isDefault,
  ownerName,
  mayChange: mayChange(view, ctx.actor),
  updatedAt: view.updatedAt,
});

/** Views of a list, by name. */
export const listViews = query(
  {
    name: "catalog.view.list",
    permission: "catalog.view.read",
    input: ListViewsInput,
    summary: "Saved views of a list: the team's and your own",
  },
  async ({ ctx, input }) => {
    const rows = await ctx.db
      .select({ view: savedViews, ownerName: users.name })
      .from(savedViews)
      .leftJoin(users, eq(users.id, savedViews.ownerId))
      .where(and(visible(ctx), eq(savedViews.list, input.list)))
      .orderBy(asc(savedViews.name))
      .limit(2 * MOST_VIEWS);
    return { items: rows.map(({ view, ownerName }) => shown(view, ctx, ownerName ?? "Unknown")) };
  },
);

function requireSharing(ctx: Ctx): void {
  const verdict = can(ctx.actor, "catalog.view.share");
  if (!verdict.allowed)
    throw forbidden(verdict.reason ?? "You may not share views.", "Keep the view for yourself.");
}

const taken = (name: string) =>
  conflict(`There is a view named "${name}" already.`, "Choose another name, or change that view.");

/** Names, the limit and the default are checked by reading first, so changes to one list's views take turns. */
const takeTurn = (ctx: Ctx, list: string) =>
  ctx.db.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`views:${ctx.actor.teamId}:${list}`}, 0))`,
  );

/** The set in which names differ and one view is the default: the team's, or one person's. */
const inSet = (view: { teamId: string; list: string; scope: string; ownerId: string }) =>
  and(
    eq(savedViews.teamId, view.teamId),
    eq(savedViews.list, view.list),
    eq(savedViews.scope, view.scope),
    view.scope === "personal" ? eq(savedViews.ownerId, view.ownerId) : undefined,
  );

/** Only one view of a set is the default. */
async function clearOtherDefaults(ctx: Ctx, view: View): Promise<void> {
  await ctx.db
    .update(savedViews)
    .set({ isDefault: false })
    .where(and(inSet(view), ne(savedViews.id, view.id), savedViews.isDefault));
}

/** @throws AppError `precondition_failed` when the set takes no more; more than these no list would show */
async function requireRoom(ctx: Ctx, set: ReturnType<typeof inSet>): Promise<void> {
  const [kept] = await ctx.db.select({ n: count() }).from(savedViews).where(set);
  if ((kept?.n ?? 0) >= MOST_VIEWS)
    throw precondition(`This list has ${MOST_VIEWS} views already.`, "Delete one that is not used.");
}

/** Keeps a list as it is filtered now under a name. */
export const createView = mutation(
  {
    name: "catalog.view.create",
    permission: "catalog.view.save",
    input: CreateViewInput,
    summary: "Save a view of a list, for yourself or for the team",
  },
  async ({ ctx, input }) => {
    if (input.scope === "team") requireSharing(ctx);
    await takeTurn(ctx, input.list);
    await requireRoom(ctx, inSet({ ...input, teamId: ctx.actor.teamId, ownerId: ctx.actor.userId }));
    const [view] = await ctx.db
      .insert(savedViews)
      .values({
        id: newId("view"),
        teamId: ctx.actor.teamId,
        ownerId: ctx.actor.userId,
        ...input,
        query: normalizeQuery(input.query),
      })
      .onConflictDoNothing()
      .returning();
    if (!view) throw taken(input.name);
    if (view.isDefault) await clearOtherDefaults(ctx, view);
    await audit(ctx, {
      action: "catalog.view.create",
      subject: { kind: "view", id: view.id, label: view.name },
      after: { list: view.list, scope: view.scope, query: view.query, isDefault: view.isDefault },
    });
    return shown(view, ctx, ctx.actor.name);
  },
);

/** The view, held until the end, after the turn of its list came: in the other order two changes could wait for each other. */
async function loadInTurn(ctx: Ctx, id: string): Promise<View> {
  const [found] = await ctx.db
    .select({ list: savedViews.list })
    .from(savedViews)
    .where(and(visible(ctx), eq(savedViews.id, id)));
  if (!found) throw notFound("view", id);
  await takeTurn(ctx, found.list);
  return loadChangeable(ctx, id);
}

async function loadChangeable(ctx: Ctx, id: string): Promise<View> {
  const [view] = await ctx.db
    .select()
    .from(savedViews)
    .where(and(visible(ctx), eq(savedViews.id, id)))
    .for("update");
  if (!view) throw notFound("view", id);
  if (!mayChange(view, ctx.actor))
    throw forbidden(
      "This view belongs to somebody else of the team.",
      "Save a copy of it, or ask its owner or a team admin.",
    );
  return view;
}

/** Renames a view, replaces what it filters, shares it, or makes it the one a list opens with. */
export const updateView = mutation(
  {
    name: "catalog.view.update",
    permission: "catalog.view.save",
    input: UpdateViewInput,
    summary: "Change a saved view",
  },
  async ({ ctx, input }) => {
    const before = await loadInTurn(ctx, input.viewId);
    if (input.scope === "team" && before.scope !== "team") requireSharing(ctx);
    const after = {
      name: input.name ?? before.name,
      scope: input.scope ?? before.scope,
      query: input.query === undefined ? before.query : normalizeQuery(input.query),
      isDefault: input.isDefault ?? before.isDefault,
    };
    const [clash] = await ctx.db
      .select({ id: savedViews.id })
      .from(savedViews)
      .where(
        and(
          inSet({ ...before, scope: after.scope }),
          sql`lower(${savedViews.name}) = lower(${after.name})`,
          ne(savedViews.id, before.id),
        ),
      )
      .limit(1);
    if (clash) throw taken(after.name);
    if (after.scope !== before.scope) await requireRoom(ctx, inSet({ ...before, scope: after.scope }));
    const [view] = await ctx.db
      .update(savedViews)
      .set({ ...after, updatedAt: ctx.now() })
      .where(eq(savedViews.id, before.id))
      .returning();
    if (!view) throw notFound("view", input.viewId);
    if (view.isDefault) await clearOtherDefaults(ctx, view);
    const { name, scope, query: filters, isDefault } = before;
    await audit(ctx, {
      action: "catalog.view.update",
      subject: { kind: "view", id: view.id, label: view.name },
      before: { name, scope, query: filters, isDefault },
      after,
    });
    return shown(view, ctx, ctx.actor.name);
  },
);

export const deleteView = mutation(
  {
    name: "catalog.view.delete",
    permission: "catalog.view.save",
    input: ViewIdInput,
    summary: "Delete a saved view",
  },
  async ({ ctx, input }) => {
    const view = await loadChangeable(ctx, input.viewId);
    await ctx.db.delete(savedViews).where(eq(savedViews.id, view.id));
    await audit(ctx, {
      action: "catalog.view.delete",
      subject: { kind: "view", id: view.id, label: view.name },
      before: { list: view.list, scope: view.scope, query: view.query },
    });
    return {};
  },
);
