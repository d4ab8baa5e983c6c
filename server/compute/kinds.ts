import type { RoomKinds } from "@/server/plates/kind";
import { topic, topicOf } from "@/server/plates/topic";

export const jobHref = (id: string) => `/jobs/${id}`;
export const templateHref = (name: string) => `/templates/${name}`;
export const quotaRequestHref = (id: string) => `/quotas/requests/${id}`;

export const jobTopic = topicOf("job");
export const jobsTopic = topic("jobs");
export const quotaTopic = topic("quota");

export const kinds = {
  ids: { job: "job", attempt: "att", quota: "quo", quotaRequest: "qr" },
  things: {
    job: { icon: "cpu", word: "Job", lineage: true },
    template: { icon: "play", word: "Template" },
    quota_request: { icon: "gauge", word: "Quota request" },
  },
  statuses: {
    preparing: { label: "Preparing", icon: "loader-circle", tone: "info", moving: true },
    starting: { label: "Starting", icon: "loader-circle", tone: "info", moving: true },
    collecting: { label: "Collecting", icon: "loader-circle", tone: "info", moving: true },
    cancelling: { label: "Cancelling", icon: "loader-circle", tone: "warning", moving: true },
    killed: { label: "Killed", icon: "ban", tone: "negative" },
    timed_out: { label: "Timed out", icon: "timer", tone: "negative" },
    lost: { label: "Lost", icon: "circle-help", tone: "negative" },
  },
  topics: [jobTopic, jobsTopic, quotaTopic],
  places: [
    { group: "Build", at: 1, href: "/jobs", label: "Jobs", key: "j", icon: "cpu" },
    { group: "Build", at: 3, href: "/templates", label: "Templates", key: "t", icon: "layout-template" },
    {
      group: "Admin",
      at: 4,
      href: "/quotas",
      label: "Quotas",
      key: "q",
      icon: "gauge",
      also: ["/admin/quotas"],
    },
  ],
} as const satisfies RoomKinds;
