import { sql, type SQL } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Ctx } from "@/server/core/context";
import { isAppError } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { inTransaction } from "@/server/core/verb";
import {
  holdDeployment,
  readableDeploymentsAs,
  readableRolloutsAs,
  rollBack,
  watchOf,
} from "@/server/serving";
import { counted } from "./counted";
import { promotionFinding } from "./health-rules";
import { raiseAlert, resolveAlerts, type AlertDraft } from "../alerts/raise-alert";
import { deploymentHref } from "@/server/serving/kinds";

/** What the version before did in the days before it was replaced. */
const BEFORE_SECONDS = 7 * 24 * 3_600;

interface Row extends Record<string, unknown> {
  id: string;
  team_id: string;
  name: string;
  owner_id: string;
  stable_version_id: string | null;
  previous_version_id: string | null;
  is_firing: boolean;
  is_retired: boolean;
  is_rolling_out: boolean;
}

const alertOf = (
  row: Row,
  change: Pick<AlertDraft, "fingerprint" | "kind" | "title" | "body">,
): AlertDraft => ({
  severity: "critical",
  href: deploymentHref(row.name),
  subject: { kind: "deployment", id: row.id },
  ownerId: row.owner_id,
  ...change,
});

/** Deployments with what a look at their watch needs. */
const deploymentsWhere = (which: SQL) => sql`
    select d.id, d.team_id, d.name, d.owner_id, d.stable_version_id, d.previous_version_id, a.id is not null as is_firing, d.retired_at is not null as is_retired,
      exists (select 1 from ${readableRolloutsAs("r")} where r.deployment_id = d.id and r.finished_at is null) as is_rolling_out
    from ${readableDeploymentsAs("d")}
    left join alerts a on a.team_id = d.team_id and a.fingerprint = 'promotion:' || d.id and a.state <> 'resolved'
    where ${which}`;

/** The deployment as it is, and as it stays until the transaction ends. */
async function held(ctx: Ctx, id: string): Promise<Row | undefined> {
  await holdDeployment(ctx, id);
  const { rows } = await ctx.db.execute<Row>(
    deploymentsWhere(sql`d.id = ${id} and d.team_id = ${ctx.actor.teamId}`),
  );
  return rows[0];
}

/** Back to the version before, as a person would go; what was told before is over with it. Returns why it could not, or null. */
async function goBack(outer: Ctx, row: Row, rolloutId: string, evidence: string): Promise<string | null> {
  try {
    return await inTransaction(outer, async (ctx) => {
      const now = await held(ctx, row.id);
      const watch = now && (await watchOf(ctx, { id: row.id, stableVersionId: now.stable_version_id }));
      // Somebody went back since it was looked at: going back again would bring the worse version.
      if (!now || watch?.rolloutId !== rolloutId) return null;
      if (now.is_rolling_out) return "Another version is being rolled out, so people decide.";
      const reason = `Worse than the version before within the watch after its promotion. ${evidence}`;
      await rollBack.within(ctx, { name: row.name, reason });
      await resolveAlerts(ctx, { kind: "promotion", subjectId: row.id, reason: "It was rolled back." });
      await raiseAlert(
        ctx,
        alertOf(row, {
          fingerprint: `rollback:${rolloutId}`,
          kind: "rollback",
          title: `${row.name} went back to the version before`,
          body: `After its promotion the new version did worse. ${evidence} The version before serves all requests again.`,
        }),
      );
      return null;
    });
  } catch (error) {
    if (!isAppError(error)) throw error;
    return `It could not go back by itself: ${error.message} ${error.hint ?? ""}`.trim();
  }
}

async function look(ctx: Ctx, row: Row): Promise<void> {
  const watch = await watchOf(ctx, { id: row.id, stableVersionId: row.stable_version_id });
  const over = (reason: string) =>
    row.is_firing ? resolveAlerts(ctx, { kind: "promotion", subjectId: row.id, reason }) : undefined;
  if (!watch || row.is_retired) {
    await over(row.is_retired ? "The deployment was retired." : "The watch after the promotion is over.");
    return;
  }
  const promoted = watch.since.getTime() / 1000;
  const now = Math.floor(ctx.now().getTime() / 1000);
  const of = (versionId: string) => sql`version_id = ${versionId}`;
  const finding = promotionFinding(
    await counted(ctx.db, row.id, Math.ceil(promoted), now, of(watch.toVersionId)),
    await counted(ctx.db, row.id, Math.floor(promoted) - BEFORE_SECONDS, now, of(watch.fromVersionId)),
  );
  if (finding.state === "fine") await over("The version does no worse than the one before.");
  if (finding.state !== "bad") return;
  const canGoBack = row.previous_version_id === watch.fromVersionId;
  const refused =
    watch.onWorse === "rollback" && canGoBack
      ? await goBack(ctx, row, watch.rolloutId, finding.text)
      : undefined;
  if (refused === null) return;
  await raiseAlert(
    ctx,
    alertOf(row, {
      fingerprint: `promotion:${row.id}`,
      kind: "promotion",
      title: `${row.name} does worse since its promotion`,
      body: `${finding.text} ${refused ?? (canGoBack ? "The version before can be rolled back to." : "")}`.trim(),
    }),
  );
}

/** Compares each version that was promoted lately with the one before it; what is proven worse goes back, or is told of, as its plan says. */
export async function watchPromotions(db: Db, now: Date, actingFor: (teamId: string) => Ctx): Promise<void> {
  const { rows } = await db.execute<Row>(
    deploymentsWhere(sql`(d.retired_at is null and exists (
      select 1 from ${readableRolloutsAs("r")} where r.deployment_id = d.id and r.watch_until > ${now.toISOString()}::timestamptz)) or a.id is not null`),
  );
  for (const row of rows)
    await look(actingFor(row.team_id), row).catch((error: unknown) =>
      log.error({ err: error, deployment: row.id }, "a promoted version could not be judged"),
    );
}

/**
 * Ends the alert of a watch that has ended because something else serves now: offered for longer, its button would take the deployment
 * back to the version that is worse.
 */
export async function watchPromotionOf(ctx: Ctx, deploymentId: string): Promise<void> {
  const { rows } = await ctx.db.execute<Row>(
    deploymentsWhere(sql`d.id = ${deploymentId} and d.team_id = ${ctx.actor.teamId} and a.id is not null`),
  );
  for (const row of rows) await look(ctx, row);
}
