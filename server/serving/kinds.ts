import type { RoomKinds } from "@/server/plates/kind";
import { topic, topicOf } from "@/server/plates/topic";

export const deploymentHref = (name: string) => `/deployments/${name}`;
export const rolloutHref = (deployment: string, id: string) => `${deploymentHref(deployment)}/rollouts/${id}`;

export const deploymentTopic = topicOf("deployment");
export const deploymentsTopic = topic("deployments");
export const rolloutTopic = topicOf("rollout");

export const kinds = {
  ids: { deployment: "dep", rollout: "rol", prediction: "prd", setback: "stb" },
  things: {
    deployment: { icon: "rocket", word: "Deployment", lineage: true },
    rollout: { icon: "git-branch", word: "Rollout" },
  },
  statuses: {
    deploying: { label: "Deploying", icon: "loader-circle", tone: "info", moving: true },
    progressing: { label: "Progressing", icon: "loader-circle", tone: "info", moving: true },
    rolling_out: { label: "Rolling out", icon: "loader-circle", tone: "info", moving: true },
    shadow: { label: "Shadow", icon: "eye", tone: "info" },
    canary: { label: "Canary", icon: "git-branch", tone: "info" },
    live: { label: "Live", icon: "circle-check", tone: "positive" },
    serving: { label: "Serving", icon: "circle-check", tone: "positive" },
    paused: { label: "Paused", icon: "circle-pause", tone: "warning" },
    promoting: { label: "Promoting", icon: "loader-circle", tone: "info", moving: true },
    promoted: { label: "Promoted", icon: "shield-check", tone: "positive" },
    aborted: { label: "Aborted", icon: "ban", tone: "negative" },
    rolling_back: { label: "Rolling back", icon: "loader-circle", tone: "warning", moving: true },
    rolled_back: { label: "Rolled back", icon: "undo-2", tone: "negative" },
    superseded: { label: "Superseded", icon: "archive", tone: "neutral" },
  },
  topics: [deploymentTopic, deploymentsTopic, rolloutTopic],
  places: [{ group: "Run", at: 1, href: "/deployments", label: "Deployments", key: "s", icon: "rocket" }],
} as const satisfies RoomKinds;
