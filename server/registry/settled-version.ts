import type { Caller } from "@/server/core/context";
import { liveTopic } from "@/server/core/live";
import { liveHub } from "@/server/core/live-hub";
import { getVersion } from "./get-version";
import { versionTopic } from "./kinds";
import type { ModelVersion } from "./load";

/** How long a question about a version that was just registered waits for its files to be sealed and scanned. */
const PATIENCE_MS = 5_000;
/** Later, whoever asks wants to know that it still is not ready. */
const FRESH_MS = 60_000;
/** A message may be lost. */
const LOOK_MS = 500;
const MOST_WAITING = 200;

let waiting = 0;

/** Resolves when something of the version was told, or after `ms`. */
const nextWord = (topic: string, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    const stop = liveHub().subscribe("mw_live", (name) => {
      if (name === topic) end();
    });
    function end() {
      clearTimeout(timer);
      stop();
      resolve();
    }
  });

const isOnItsWay = ({ state, createdAt }: ModelVersion): boolean =>
  state === "pending" && Date.now() - createdAt.getTime() < FRESH_MS;

/**
 * A version, when it is no longer on its way, or after a few seconds. MLflow's client asks as soon as it has registered one, and again only three
 * seconds later: so it waits for the work itself and not for its next look. Every look is one of the verb, with the rights of that moment.
 */
export async function settledVersion(
  caller: Caller,
  input: Parameters<typeof getVersion.execute>[1],
  patienceMs = PATIENCE_MS,
): Promise<ModelVersion> {
  const endMs = Date.now() + patienceMs;
  let version = await getVersion.execute(caller, input);
  const topic = liveTopic(version.teamId, versionTopic(version.id));
  while (isOnItsWay(version) && Date.now() < endMs && waiting < MOST_WAITING) {
    waiting += 1;
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    await nextWord(topic, Math.min(LOOK_MS, endMs - Date.now())).finally(() => (waiting -= 1));
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    version = await getVersion.execute(caller, input);
  }
  return version;
}
