import type { RoomKinds } from "@/server/plates/kind";
import { topic } from "@/server/plates/topic";

export const monitoringHref = (deployment: string) => `/monitoring/${deployment}`;

export const alertsTopic = topic("alerts");
export const monitoringTopic = topic("monitoring");

export const kinds = {
  ids: { alert: "alr", alertGroup: "agr", silence: "sil", report: "rep" },
  things: { alert: { icon: "bell", word: "Alert" } },
  statuses: {
    healthy: { label: "Healthy", icon: "circle-check", tone: "positive" },
    degraded: { label: "Degraded", icon: "triangle-alert", tone: "warning" },
    unhealthy: { label: "Unhealthy", icon: "circle-alert", tone: "negative" },
    firing: { label: "Firing", icon: "bell", tone: "negative" },
    acknowledged: { label: "Acknowledged", icon: "eye", tone: "warning" },
    silenced: { label: "Silenced", icon: "bell-off", tone: "neutral" },
    resolved: { label: "Resolved", icon: "circle-check", tone: "positive" },
    watching: { label: "Watching", icon: "eye", tone: "info" },
    no_data: { label: "No data", icon: "circle-dashed", tone: "neutral" },
  },
  topics: [alertsTopic, monitoringTopic],
  places: [
    { group: "Observe", at: 1, href: "/monitoring", label: "Monitoring", key: "o", icon: "activity" },
    { group: "Observe", at: 2, href: "/alerts", label: "Alerts", key: "a", icon: "bell" },
  ],
} as const satisfies RoomKinds;
