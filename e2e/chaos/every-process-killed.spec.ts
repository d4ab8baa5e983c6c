import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test, type Browser, type Page } from "@playwright/test";
import { z } from "zod";
import { startInstallation, type Installation } from "../fixtures/installation";
import { waitUntil } from "../fixtures/wait";
import { withDatabase } from "./database";
import { killAll, processesOf } from "./kill";
import { Ledger } from "./ledger";
import { bringToProduction, DEPLOYMENT, rolloutEnds } from "./line";
import { declareGpus, dispatchSideJob, startLoad, type Load, type Surroundings } from "./load";
import { signIn, type People } from "./people";
import { KILLS, OF_JOBS, randomOf, scheduleOf, seedOfRun, type Round } from "./schedule";
import { openStarts, type Starts } from "./starts";
import * as verify from "./verify";

const seed = seedOfRun();
const startedMs = Date.now();
const tell = (line: string) =>
  console.log(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);

let starts: Starts;
const ledger = new Ledger();
const random = randomOf(seed + 1);
let installation: Installation;
let people: People;
let around: Surroundings;
let experimentId: string;
let rollouts: [won: string, lost: string];
let kills = 0;

const Experiment = z.looseObject({ experiment_id: z.string() });

test.describe.configure({ mode: "serial" });
test.beforeAll(async () => {
  console.log(`Seed ${seed}; repeat this run with MODELWORKS_CHAOS_SEED=${seed}.`);
  starts = await openStarts();
  const password = randomBytes(12).toString("base64url");
  installation = await startInstallation({ MODELWORKS_DEMO: "on", MODELWORKS_DEMO_PASSWORD: password });
  people = await signIn(installation.portalUrl, password, ledger.writes);
  around = { people, gatewayUrl: installation.gatewayUrl, ledger, startsUrl: starts.url, random };
  await declareGpus(people.platform);
  const experiment = await people.scientist.call(
    Experiment,
    "POST",
    "/api/2.0/mlflow/experiments/create",
    { name: "chaos" },
    { key: "experiment" },
  );
  experimentId = experiment.experiment_id;
  tell("ready");
});
test.afterAll(async () => {
  const info = test.info();
  if (info.status !== info.expectedStatus) {
    // What the processes said is the first thing one wants to read.
    fs.copyFileSync(installation.logFile, info.outputPath("installation.log"));
  }
  if (fs.existsSync(installation.home)) await installation.stop();
  starts.close();
});

/** Plays rounds against a part of the line that runs at the same time. */
const play = (rounds: readonly Round[], part: Promise<unknown>) =>
  killAll(installation.home, rounds, part, random, (victim, pid) => {
    kills += 1;
    tell(`kill -9 ${victim} (${pid})`);
  });

/** Brings a version to production as a canary that must end so by itself, killed at while it trains and while it is a canary. */
async function canary(
  number: number,
  wanted: "succeeded" | "rolled_back",
  [training, serving]: readonly [Round[], Round[]],
): Promise<string> {
  const story = { people, ledger, startsUrl: starts.url };
  const begun = bringToProduction(story, number);
  const ended = begun.then(async (rollout) => {
    if (!rollout) throw new Error(`Version ${number} should have become a canary.`);
    tell(`version ${number} is a canary`);
    const killsBefore = kills;
    await rolloutEnds(story, rollout, wanted);
    tell(`version ${number}: ${wanted}`);
    expect(kills - killsBefore, `kills while version ${number} was a canary`).toBeGreaterThan(1);
    return rollout;
  });
  const ofJobs = training.filter(({ victim }) => OF_JOBS.has(victim));
  const others = training.filter(({ victim }) => !OF_JOBS.has(victim));
  const storm = async () => {
    await play(others, begun);
    await begun;
    await play(serving, ended);
  };
  const [rollout] = await Promise.all([ended, storm(), play(ofJobs, begun)]);
  return rollout;
}

async function openJobs(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  await context.addCookies(people.cookies);
  const page = await context.newPage();
  await page.goto(`${installation.portalUrl}/jobs`);
  await expect(page.getByRole("heading", { name: "Jobs" }).first()).toBeVisible();
  return page;
}

async function everythingIsThereOnce(): Promise<void> {
  await withDatabase(installation.home, async (query) => {
    await verify.backgroundIsDone(query);
    await verify.lineEndedRight(query, rollouts);
    await verify.jobsRanOnce(query, ledger, starts.lines);
    await verify.trackingIsWhole(query, ledger);
    await verify.datasetsAreWhole(query, ledger);
    await verify.quotasAreGrantedOnce(query, ledger);
    await verify.predictionsAreStoredOnce(query, ledger);
    await verify.evidenceHolds(query, people, ledger);
    await verify.storeIsWhole(query, installation.home);
  });
  const troubles = JSON.stringify(Object.fromEntries(people.scientist.troubles));
  tell(
    `${ledger.writes.length} acknowledged writes and ${ledger.predictions.length} predictions are there once; repeated for ${troubles}`,
  );
}

test("the line ends right while every process is killed again and again", async ({ browser }) => {
  const [first = [], second = [], secondCanary = [], third = [], thirdCanary = []] = scheduleOf(seed);
  const jobs = await openJobs(browser);
  const load: Load = startLoad(around, experimentId);
  const begun = bringToProduction({ people, ledger, startsUrl: starts.url }, 1);
  const [none] = await Promise.all([begun, play(first, begun)]);
  expect(none, "the first version takes all traffic at once").toBeNull();
  load.serve(DEPLOYMENT);
  tell("version 1 serves");
  const won = await canary(2, "succeeded", [second, secondCanary]);
  const lost = await canary(3, "rolled_back", [third, thirdCanary]);
  rollouts = [won, lost];
  tell(`${kills} kills`);
  expect(kills).toBeGreaterThanOrEqual(20);
  await load.stop();
  // The page was opened before the storm and never loaded again: it must still follow.
  const name = await dispatchSideJob(around, ledger.next());
  await expect(jobs.getByText(name, { exact: true }).first()).toBeVisible({ timeout: 15_000 });
  await jobs.context().close();
  await everythingIsThereOnce();
});

test("the line goes on when the launcher itself is killed and started again", async () => {
  const load = startLoad(around, experimentId);
  load.serve(DEPLOYMENT);
  const before = ledger.predictions.length;
  const more = (count: number) =>
    waitUntil(
      "more predictions",
      async () => ledger.predictions.length,
      (now) => now >= count,
    );
  await more(before + 20);
  const earlier = processesOf(installation.home).filter(({ command }) =>
    /server\/(portal|worker|gateway)\.ts/.test(command),
  );
  await installation.killLauncher();
  tell("kill -9 launcher");
  await pause(random() * 2_000);
  await installation.again();
  tell("started again");
  await more(ledger.predictions.length + 40);
  await load.stop();
  const now = new Set(processesOf(installation.home).map(({ pid }) => pid));
  expect(earlier.filter(({ pid }) => now.has(pid))).toEqual([]);
  await everythingIsThereOnce();
});

test("no process died but by our hand, and none is left", async () => {
  const log = fs.readFileSync(installation.logFile, "utf8");
  const ends = [...log.matchAll(/^(portal|worker|gateway) ended \((.+?)\)/gm)].map(
    (match) => `${match[1]} ${match[2]}`,
  );
  expect(ends.filter((end) => !end.endsWith("SIGKILL"))).toEqual([]);
  for (const name of ["portal", "worker", "gateway"] as const)
    expect(
      ends.filter((end) => end.startsWith(name)),
      `kills of ${name}`,
    ).toHaveLength(KILLS[name]);
  // Killed while it is being started, it is told in other words.
  expect((log.match(/^postgres ended/gm) ?? []).length).toBeLessThanOrEqual(KILLS.postgres);
  expect(log.match(/unhandled/gi) ?? []).toEqual([]);
  await installation.stop();
  expect(processesOf(installation.home)).toEqual([]);
});
