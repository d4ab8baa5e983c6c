"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Archive, Rocket, Undo2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { toast } from "@/components/ui/toast";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import type { DeploymentView } from "./types";

/** What a roll-back would do, in words; null when there is nothing to go back to. */
function rollBackEffect(deployment: DeploymentView): string | null {
  const stable = `version ${deployment.stable?.number ?? "?"}`;
  if (deployment.rolloutId) return `The canary is aborted: all requests go back to ${stable} at once.`;
  if (!deployment.previous) return null;
  return `All requests go from ${stable} to version ${deployment.previous.number} at once, without a canary. ${stable.charAt(0).toUpperCase()}${stable.slice(1)} is kept, so this can be undone in the same way.`;
}

function RollBack({ deployment }: { deployment: DeploymentView }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const can = useCan("serving.rollout.control");
  const back = useMutation(
    trpc.serving.rollBack.mutationOptions({
      meta: { handlesError: true },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.serving.get.queryKey() }),
    }),
  );
  const effect = rollBackEffect(deployment);
  const blocked = can.reason ?? (effect === null ? "There is no version to go back to." : undefined);
  const button = (
    <Button>
      <Undo2 aria-hidden /> Roll back
    </Button>
  );
  if (blocked || effect === null) return <DisabledReason reason={blocked}>{button}</DisabledReason>;
  return (
    <ConfirmDialog
      trigger={button}
      title={`Roll ${deployment.name} back?`}
      consequence={effect}
      confirmLabel="Roll back"
      cancelLabel="Leave it as it is"
      reason={{ label: "Reason", required: true }}
      onConfirm={async (reason) => {
        await back.mutateAsync({ name: deployment.name, reason });
        toast.success(`${deployment.name} was rolled back`);
      }}
    />
  );
}

function Retire({ deployment }: { deployment: DeploymentView }) {
  const trpc = useTRPC();
  const router = useRouter();
  const can = useCan("serving.deployment.write");
  const retire = useMutation(trpc.serving.retire.mutationOptions({ meta: { handlesError: true } }));
  const blocked =
    can.reason ?? (deployment.rolloutId ? "A rollout is under way: abort it first." : undefined);
  const button = (
    <Button variant="ghost">
      <Archive aria-hidden /> Retire
    </Button>
  );
  if (blocked) return <DisabledReason reason={blocked}>{button}</DisabledReason>;
  return (
    <ConfirmDialog
      trigger={button}
      title={`Retire ${deployment.name}?`}
      consequence="It stops answering requests: callers get an error. Its history and its predictions stay."
      confirmLabel="Retire"
      cancelLabel="Keep it"
      typed={deployment.name}
      reason={{ label: "Reason", required: true }}
      onConfirm={async (reason) => {
        await retire.mutateAsync({ name: deployment.name, reason });
        toast.success(`${deployment.name} was retired`);
        router.push("/deployments");
      }}
    />
  );
}

/** Retire, roll back, deploy another version. */
export function DeploymentActions({ deployment }: { deployment: DeploymentView }) {
  const { modelName, environment, name } = deployment;
  const query = new URLSearchParams({ model: modelName, environment, name });
  return (
    <>
      <Retire deployment={deployment} />
      <RollBack deployment={deployment} />
      <Link href={`/deployments/new?${query.toString()}`} className={buttonVariants({ variant: "primary" })}>
        <Rocket aria-hidden /> Deploy another version
      </Link>
    </>
  );
}
