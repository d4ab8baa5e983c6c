import { and, asc, desc, eq, ilike, lte, ne, or, sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { reviews } from "@/db/schema";
import { peopleAs } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { whyNotDecide } from "../rules";
import type { ReviewTab } from "../rules";
import { ListReviewsInput } from "../schemas";

type Input = z.output<typeof ListReviewsInput>;

const requester = peopleAs("requester");
const assignee = peopleAs("assignee");

/** Due within a day counts as due. */
const DUE_SOON_MS = 24 * 3_600_000;

function tabWhere(ctx: Ctx, tab: ReviewTab): SQL | undefined {
  const open = eq(reviews.state, "open");
  if (tab === "decided") return ne(reviews.state, "open");
  if (tab === "team") return open;
  if (tab === "due") return and(open, lte(reviews.dueAt, new Date(ctx.now().getTime() + DUE_SOON_MS)));
  return and(open, or(eq(reviews.assigneeId, ctx.actor.userId), eq(reviews.requestedBy, ctx.actor.userId)));
}

const like = (text: string) => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

function where(ctx: Ctx, input: Input): SQL | undefined {
  return and(
    eq(reviews.teamId, ctx.actor.teamId),
    tabWhere(ctx, input.tab),
    input.environment ? eq(reviews.environment, input.environment) : undefined,
    input.subjectKind ? eq(reviews.subjectKind, input.subjectKind) : undefined,
    input.subjectId ? eq(reviews.subjectId, input.subjectId) : undefined,
    input.search
      ? or(ilike(reviews.title, like(input.search)), ilike(requester.name, like(input.search)))
      : undefined,
  );
}

/** Whom or what a review waits for, in words. */
function blockedOn(state: string, assigneeName: string | null, why: string | undefined): string {
  if (state !== "open") return "";
  if (assigneeName) return `Waits for ${assigneeName}`;
  return why === undefined ? "Waits for a reviewer; you may take it" : "Waits for another reviewer";
}

export const listReviews = query(
  {
    name: "governance.review.list",
    permission: "governance.review.read",
    input: ListReviewsInput,
    summary: "Reviews of the team: mine, all open ones, those due, or decided",
  },
  async ({ ctx, input }) => {
    const decided = input.tab === "decided";
    const key = decided ? reviews.decidedAt : reviews.dueAt;
    const after = decodeCursor(input.cursor, z.tuple([z.string(), z.string()]));
    const past = decided
      ? sql`(${key}, ${reviews.id}) < (${after?.[0]}::timestamptz, ${after?.[1]})`
      : sql`(${key}, ${reviews.id}) > (${after?.[0]}::timestamptz, ${after?.[1]})`;
    const rows = await ctx.db
      .select({ review: reviews, requesterName: requester.name, assigneeName: assignee.name })
      .from(reviews)
      .leftJoin(requester, eq(requester.id, reviews.requestedBy))
      .leftJoin(assignee, eq(assignee.id, reviews.assigneeId))
      .where(and(where(ctx, input), after ? past : undefined))
      .orderBy(decided ? desc(key) : asc(key), decided ? desc(reviews.id) : asc(reviews.id))
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, ({ review }) => [
      ((decided ? review.decidedAt : review.dueAt) ?? review.createdAt).toISOString(),
      review.id,
    ]);
    return {
      nextCursor: page.nextCursor,
      items: page.items.map(({ review, requesterName, assigneeName }) => {
        const why = whyNotDecide(review, ctx.actor);
        return {
          id: review.id,
          title: review.title,
          subjectKind: review.subjectKind,
          subjectId: review.subjectId,
          environment: review.environment,
          state: review.state,
          requestedBy: review.requestedBy,
          requesterName: requesterName ?? "Modelworks",
          assigneeId: review.assigneeId,
          assigneeName,
          createdAt: review.createdAt,
          dueAt: review.dueAt,
          decidedAt: review.decidedAt,
          blockedOn: blockedOn(review.state, assigneeName, why),
          mayDecide: why === undefined,
        };
      }),
    };
  },
);
export type ReviewListItem = Awaited<ReturnType<typeof listReviews.execute>>["items"][number];

export const countReviews = query(
  {
    name: "governance.review.count",
    permission: "governance.review.read",
    input: z.object({}).optional().default({}),
    summary: "How many reviews are in each tab of the queue",
  },
  async ({ ctx }) => {
    const count = (tab: ReviewTab) => sql<number>`count(*) filter (where ${tabWhere(ctx, tab)})::int`;
    const [row] = await ctx.db
      .select({ mine: count("mine"), team: count("team"), due: count("due"), decided: count("decided") })
      .from(reviews)
      .where(eq(reviews.teamId, ctx.actor.teamId));
    return row ?? { mine: 0, team: 0, due: 0, decided: 0 };
  },
);
