import type { RoomKinds } from "@/server/plates/kind";
import { topic, topicOf } from "@/server/plates/topic";

export const modelHref = (name: string) => `/models/${encodeURIComponent(name)}`;
export const versionHref = (name: string, number: number | string) => `${modelHref(name)}/versions/${number}`;

export const modelTopic = topicOf("model");
export const modelsTopic = topic("models");
export const versionTopic = topicOf("model_version");
export const credentialsTopic = topic("endpoint-credentials");

export const kinds = {
  ids: { model: "mdl", version: "mv", credential: "crd" },
  things: {
    model: { icon: "boxes", word: "Model" },
    version: { icon: "boxes", word: "Model version" },
    model_version: { icon: "boxes", word: "Model version", lineage: true },
  },
  statuses: {
    registered: { label: "Registered", icon: "circle-dot", tone: "info" },
    validating: { label: "Validating", icon: "loader-circle", tone: "info", moving: true },
    staging: { label: "Staging", icon: "git-branch", tone: "info" },
    production: { label: "Production", icon: "shield-check", tone: "positive" },
    reference: { label: "Reference", icon: "circle-dashed", tone: "neutral" },
    trial: { label: "Trial", icon: "hourglass", tone: "warning" },
  },
  topics: [modelTopic, modelsTopic, versionTopic, credentialsTopic],
  places: [
    { group: "Govern", at: 1, href: "/models", label: "Models", key: "m", icon: "boxes" },
    {
      group: "elsewhere",
      at: 3,
      href: "/settings/endpoint-credentials",
      label: "Endpoint credentials",
      icon: "shield-check",
    },
  ],
} as const satisfies RoomKinds;
