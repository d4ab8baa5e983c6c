"use client";
import { Ban, CircleCheck, CircleX, Gauge, Play, RotateCcw, Send } from "lucide-react";
import { Timeline, type TimelineEntry } from "@/components/common/timeline";

export interface TimelineEvent {
  id: string;
  at: Date;
  actorName: string;
  action: string;
  reason: string | null;
  after: unknown;
}

const LOOKS: Record<string, { text: string; icon: TimelineEntry["icon"]; tone?: TimelineEntry["tone"] }> = {
  "compute.job.dispatch": { text: "dispatched the job", icon: Send },
  "compute.job.dispatch_repeated": {
    text: "sent the same dispatch again; nothing new was started",
    icon: Send,
  },
  "compute.job.admit": { text: "admitted it: quota reserved", icon: Play, tone: "info" },
  "compute.job.retry": {
    text: "put it back in the queue for another attempt",
    icon: RotateCcw,
    tone: "warning",
  },
  "compute.job.cancel": { text: "cancelled the job", icon: Ban },
  "compute.job.finish": { text: "recorded its end", icon: CircleCheck },
  "compute.quota.request": { text: "asked for quota", icon: Send },
  "compute.quota.approve": { text: "approved it; applied at once", icon: CircleCheck, tone: "positive" },
  "compute.quota.reject": { text: "rejected it", icon: CircleX, tone: "negative" },
  "compute.quota.withdraw": { text: "withdrew it", icon: Ban },
  "compute.quota.expire": { text: "ended the grant: its time was over", icon: Gauge },
};

const STATE_TONE = { succeeded: "positive", failed: "negative", cancelled: "neutral" } as const;

function stateOf(after: unknown): string | undefined {
  return typeof after === "object" && after !== null && "state" in after ? String(after.state) : undefined;
}

function toEntry(event: TimelineEvent): TimelineEntry {
  const look = LOOKS[event.action] ?? { text: event.action, icon: undefined };
  const state = event.action === "compute.job.finish" ? stateOf(event.after) : undefined;
  const tone = state && state in STATE_TONE ? STATE_TONE[state as keyof typeof STATE_TONE] : look.tone;
  return {
    id: event.id,
    at: event.at,
    actor: event.actorName,
    text: state ? `recorded its end: ${state}` : look.text,
    icon: state === "failed" ? CircleX : look.icon,
    ...(tone ? { tone } : {}),
    ...(event.reason ? { detail: event.reason } : {}),
  };
}

/** Who did what to a job or request, from the audit log. */
export function AuditTimeline({ events }: { events: readonly TimelineEvent[] }) {
  return <Timeline entries={events.map(toEntry)} />;
}
