import type { RoomKinds } from "@/server/plates/kind";
import { topic, topicOf } from "@/server/plates/topic";

export const datasetHref = (slug: string) => `/datasets/${slug}`;
export const datasetVersionHref = (slug: string, number: number | string) =>
  `${datasetHref(slug)}/versions/${number}`;

export const datasetTopic = topicOf("dataset");
export const datasetsTopic = topic("datasets");

export const kinds = {
  ids: { dataset: "ds", datasetVersion: "dsv", upload: "upl" },
  things: {
    dataset: { icon: "database", word: "Dataset" },
    dataset_version: { icon: "database", word: "Dataset version", lineage: true },
  },
  statuses: {
    uploading: { label: "Uploading", icon: "loader-circle", tone: "info", moving: true },
    processing: { label: "Processing", icon: "loader-circle", tone: "info", moving: true },
  },
  topics: [datasetTopic, datasetsTopic],
  places: [{ group: "Data", at: 1, href: "/datasets", label: "Datasets", key: "d", icon: "database" }],
} as const satisfies RoomKinds;
