import { expect, it } from "vitest";
import { migrateDatabase } from "@/db/migrate";
import { notifications } from "@/db/schema";
import { migratedBefore } from "@/db/testing";
import { systemActor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { tellAlerts } from "./tell-alerts";

const BEFORE = `
  insert into teams (id, slug, name) values ('team_1', 'risk', 'Risk');
  insert into users (id, email, name) values ('usr_1', 'a@test.local', 'A');
  insert into memberships (team_id, user_id, role) values ('team_1', 'usr_1', 'member');
  insert into alerts (id, team_id, fingerprint, kind, severity, title, body, href, subject_kind, subject_id, state, owner_id, started_at)
    select 'alr_' || kind, 'team_1', kind, kind, 'critical', kind, 'b', '/alerts', 'deployment', 'dep_' || kind, state, 'usr_1', now() - interval '2 hours'
    from (values ('errors', 'firing'), ('latency', 'acknowledged'), ('drift', 'firing'), ('traffic', 'firing'), ('serving', 'resolved')) as a (kind, state);
  insert into alert_silences (id, team_id, kind, reason, created_by, ends_at) values ('sil_1', 'team_1', 'drift', 'known', 'usr_1', now() + interval '1 hour');
  insert into outbox_events (id, type, team_id, payload, actor_id, request_id, created_at)
    select 'evt_' || kind, 'monitoring.alert_raised', 'team_1', jsonb_build_object('alertId', 'alr_' || kind), 'system', 'r', now() - interval '1 hour' from (values ('errors'), ('traffic')) as a (kind);
  insert into outbox_deliveries (event_id, handler, state) values ('evt_errors', 'monitoring.webhook', 'done'), ('evt_traffic', 'monitoring.webhook', 'pending');`;

it("after an upgrade only what nobody was told yet is told: what was silenced, and what the receiver had not taken", async () => {
  const database = await migratedBefore("alert_routing");
  const { client } = database;
  try {
    await client.query(BEFORE);
    await migrateDatabase(database.ownerUrl);
    const titles = async (afterMs: number) => {
      const now = new Date(Date.now() + afterMs);
      await tellAlerts(database.db, now, (teamId) =>
        createCtx({ actor: systemActor(teamId), db: database.db, now: () => now }),
      );
      const rows = await database.db.select({ title: notifications.title }).from(notifications);
      return rows.map(({ title }) => title).toSorted();
    };
    expect(await titles(0)).toEqual(["traffic"]);
    expect(await titles(30 * 60_000)).toEqual(["traffic"]);
    // The silence is over; two hours and more after they began, the others are repeated as any alert is.
    expect(await titles(61 * 60_000)).toEqual(["drift", "traffic"]);
    expect(await titles(125 * 60_000)).toContain("Still firing: errors");
    expect((await client.query("select 1 from outbox_deliveries where state <> 'done'")).rows).toEqual([]);
  } finally {
    await database.close();
  }
});
