"use client";
import {
  CirclePause,
  CirclePlay,
  CircleStop,
  Download,
  Flag,
  FastForward,
  Hourglass,
  type LucideIcon,
  Rocket,
  TrendingUp,
  Undo2,
} from "lucide-react";
import { Timeline } from "@/components/common/timeline";
import type { Tone } from "@/components/ui/badge";
import type { RolloutView } from "./types";

const LOOKS: Record<string, { icon: LucideIcon; tone: Tone }> = {
  deploying: { icon: Download, tone: "neutral" },
  started: { icon: Rocket, tone: "info" },
  stage: { icon: TrendingUp, tone: "info" },
  paused: { icon: CirclePause, tone: "warning" },
  resumed: { icon: CirclePlay, tone: "info" },
  promoted: { icon: FastForward, tone: "positive" },
  held: { icon: Hourglass, tone: "warning" },
  rollback: { icon: Undo2, tone: "negative" },
  aborted: { icon: CircleStop, tone: "negative" },
  finished: { icon: Flag, tone: "neutral" },
};

/** What happened to a rollout, newest first. */
export function RolloutTimeline({ rollout }: { rollout: RolloutView }) {
  return (
    <Timeline
      label="Timeline of the rollout"
      entries={rollout.timeline.map((event) => ({
        id: event.id,
        at: event.at,
        actor: event.actor,
        text: event.text,
        ...LOOKS[event.kind],
      }))}
    />
  );
}
