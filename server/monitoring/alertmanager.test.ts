import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:http";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { waitFor } from "@/db/testing/wait-for";
import type { alerts } from "@/db/schema";
import { fingerprintOf } from "./alert-labels";
import { webhookBody } from "./send-alert";

/** Built by `scripts/setup-system.sh`; the test must not pass without it. */
const program = () =>
  execFileSync(
    "bash",
    ["scripts/go-tool.sh", "--path", "github.com/prometheus/alertmanager/cmd/alertmanager@v0.28.1"],
    { encoding: "utf8" },
  ).trim();

type Body = ReturnType<typeof webhookBody>;
type Alert = typeof alerts.$inferSelect;

const alertOf = (change: Partial<Alert> = {}): Alert => ({
  id: "alr_1",
  teamId: "team_1",
  fingerprint: 'errors:"quoted" \\ ü',
  kind: "errors",
  severity: "critical",
  title: "x answers with errors",
  body: "60 of 60 failed.\nSecond line.",
  href: "/monitoring/x",
  subjectKind: "deployment",
  subjectId: "dep_1",
  state: "firing",
  acknowledgedBy: null,
  ownerId: "usr_1",
  startedAt: new Date(Math.floor(Date.now() / 1000) * 1000),
  updatedAt: new Date(),
  resolvedAt: null,
  ...change,
});

async function listen(heard: Body[]) {
  const server = createServer((req, res) => {
    let text = "";
    req.on("data", (chunk: Buffer) => (text += chunk.toString()));
    req.on("end", () => {
      if (text) heard.push(JSON.parse(text) as Body);
      res.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { server, port: address && typeof address === "object" ? address.port : 0 };
}

it("sends what Alertmanager itself sends of the same alert: form, labels, group key and fingerprint", async () => {
  const heard: Body[] = [];
  const { server, port } = await listen(heard);
  const spare = await listen([]);
  await new Promise((resolve) => spare.server.close(resolve));
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "mw-alertmanager-"));
  fs.writeFileSync(
    path.join(home, "config.yml"),
    `route: {receiver: modelworks, group_by: [team, alert], group_wait: 100ms, group_interval: 200ms, repeat_interval: 1h}
receivers: [{name: modelworks, webhook_configs: [{url: "http://127.0.0.1:${port}/"}]}]\n`,
  );
  const child = spawn(
    program(),
    [
      `--config.file=${home}/config.yml`,
      `--storage.path=${home}`,
      "--cluster.listen-address=",
      `--web.listen-address=127.0.0.1:${spare.port}`,
    ],
    { stdio: "ignore" },
  );
  try {
    const api = `http://127.0.0.1:${spare.port}`;
    await waitFor(async () => (await fetch(`${api}/-/ready`).catch(() => undefined))?.ok === true);
    const firing = webhookBody(alertOf(), "risk", "x", "http://portal.local");
    const resolved = webhookBody(
      alertOf({ state: "resolved", resolvedAt: new Date() }),
      "risk",
      "x",
      "http://portal.local",
    );
    for (const [index, ours] of [firing, resolved].entries()) {
      const [alert] = ours.alerts;
      if (!alert) throw new Error("A body holds its alert.");
      const { endsAt, ...rest } = alert;
      // oxlint-disable no-await-in-loop -- it resolves what fired before
      const posted = await fetch(`${api}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify([
          {
            labels: rest.labels,
            annotations: rest.annotations,
            startsAt: rest.startsAt,
            generatorURL: rest.generatorURL,
            ...(ours.status === "resolved" ? { endsAt } : {}),
          },
        ]),
      });
      expect(posted.status).toBe(200);
      await waitFor(() => heard.length > index);
      // oxlint-enable no-await-in-loop
      const theirs = heard[index];
      const { externalURL: _ours, ...mine } = ours;
      expect(theirs).toMatchObject({
        ...mine,
        alerts: [{ ...rest, endsAt: expect.any(String) as string, startsAt: expect.any(String) as string }],
      });
      expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs ?? {}).toSorted());
      expect(Object.keys(alert).toSorted()).toEqual(Object.keys(theirs?.alerts[0] ?? {}).toSorted());
      expect(Date.parse(theirs?.alerts[0]?.startsAt ?? "")).toBe(Date.parse(rest.startsAt));
      expect(Date.parse(theirs?.alerts[0]?.endsAt ?? "")).toBe(Date.parse(endsAt));
    }
    expect(fingerprintOf({})).toBe("cbf29ce484222325");
  } finally {
    child.kill();
    server.close();
  }
});
