import type { RoomKinds } from "@/server/plates/kind";
import { topic, topicOf } from "@/server/plates/topic";

export const experimentHref = (id: number | string) => `/experiments/${id}`;
export const runHref = (experimentId: number | string, runId: string) =>
  `${experimentHref(experimentId)}/runs/${runId}`;

export const experimentTopic = topicOf("experiment");
export const experimentsTopic = topic("experiments");
export const runTopic = topicOf("run");
export const runMetricsTopic = topicOf("run-metrics");

export const kinds = {
  ids: { run: "run" },
  things: {
    experiment: { icon: "flask-conical", word: "Experiment" },
    run: { icon: "line-chart", word: "Run", lineage: true },
    logged_model: { icon: "boxes", word: "Logged model", lineage: true },
  },
  statuses: {},
  topics: [experimentTopic, experimentsTopic, runTopic, runMetricsTopic],
  places: [
    { group: "Build", at: 2, href: "/experiments", label: "Experiments", key: "e", icon: "flask-conical" },
  ],
} as const satisfies RoomKinds;
