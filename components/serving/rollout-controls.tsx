"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CirclePause, CirclePlay, CircleStop, FastForward, type LucideIcon } from "lucide-react";
import { toast } from "@/components/ui/toast";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import type { RolloutView } from "./types";

type Command = RolloutView["allowed"][number];
type Look = {
  label: string;
  icon: LucideIcon;
  done: string;
  needsReason: boolean;
  tone: "danger" | "primary";
};

const LOOKS: Record<Command, Look> = {
  pause: { label: "Pause", icon: CirclePause, done: "Paused", needsReason: false, tone: "primary" },
  resume: { label: "Resume", icon: CirclePlay, done: "Resumed", needsReason: false, tone: "primary" },
  promote: {
    label: "Promote",
    icon: FastForward,
    done: "Promoted to all traffic",
    needsReason: true,
    tone: "primary",
  },
  abort: { label: "Abort", icon: CircleStop, done: "Aborted", needsReason: true, tone: "danger" },
};

function consequence(command: Command, rollout: RolloutView): string {
  const to = `version ${rollout.to?.number ?? "?"}`;
  const from = `version ${rollout.from?.number ?? "?"}`;
  if (command === "pause")
    return `The share stays at ${rollout.sharePercent}%. The stage's clock stops, and nothing is decided until you resume.`;
  if (command === "resume") return "The clock of the stage goes on, and the controller decides again.";
  if (command === "promote")
    return `All requests go to ${to} at once and the stages that are left are skipped. The verdicts so far are kept with your reason.`;
  if (rollout.state === "pending") return `${to} is not deployed; ${from} goes on serving.`;
  return `All requests go back to ${from} at once. ${to.charAt(0).toUpperCase()}${to.slice(1)} can be deployed again later.`;
}

/** Why a command is not on offer in this state. */
function stateReason(command: Command, rollout: RolloutView): string | undefined {
  if (rollout.allowed.includes(command)) return undefined;
  if (rollout.finishedAt) return "This rollout has ended.";
  if (rollout.state === "pending") return "It has no requests yet: the gateways load it.";
  if (command === "pause" && rollout.state === "paused") return "It is paused already.";
  if (command === "resume") return "It is not paused.";
  return `It is ${rollout.state.replaceAll("_", " ")}.`;
}

function Control({ command, rollout }: { command: Command; rollout: RolloutView }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const can = useCan("serving.rollout.control");
  const control = useMutation(
    trpc.serving.control.mutationOptions({
      meta: { handlesError: true },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.serving.rollout.queryKey() }),
    }),
  );
  const look = LOOKS[command];
  const Icon = look.icon;
  // The server refuses it as well: what takes all requests must be served by every gateway that runs.
  const unserved = command === "promote" && rollout.notServed !== "" ? rollout.notServed : undefined;
  const blocked = can.reason ?? stateReason(command, rollout) ?? unserved;
  const button = (
    <Button variant={command === "abort" ? "danger" : "secondary"}>
      <Icon aria-hidden /> {look.label}
    </Button>
  );
  if (blocked) return <DisabledReason reason={blocked}>{button}</DisabledReason>;
  return (
    <ConfirmDialog
      trigger={button}
      title={`${look.label} the rollout of version ${rollout.to?.number ?? "?"}?`}
      consequence={consequence(command, rollout)}
      confirmLabel={look.label}
      cancelLabel="Leave it as it is"
      tone={look.tone}
      reason={{ label: "Reason", required: look.needsReason }}
      onConfirm={async (reason) => {
        await control.mutateAsync({ rolloutId: rollout.id, command, reason, stageIndex: rollout.stageIndex });
        toast.success(look.done);
      }}
    />
  );
}

/** Pause or resume, promote, abort; each says why it is off when it is. */
export function RolloutControls({ rollout }: { rollout: RolloutView }) {
  const first: Command = rollout.state === "paused" ? "resume" : "pause";
  return (
    <>
      <Control command={first} rollout={rollout} />
      <Control command="promote" rollout={rollout} />
      <Control command="abort" rollout={rollout} />
    </>
  );
}
