"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";
import { useAlertsChanged } from "./use-alerts-changed";

/** Takes a deployment back to the version before, from the alert that says that the present one is worse. */
export function RollBackButton({ deployment }: { deployment: string }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const alertsChanged = useAlertsChanged();
  const can = useCan("serving.rollout.control");
  const back = useMutation(
    trpc.serving.rollBack.mutationOptions({
      meta: { handlesError: true },
      onSettled: () =>
        Promise.all([alertsChanged(), client.invalidateQueries({ queryKey: trpc.serving.get.queryKey() })]),
    }),
  );
  const button = (
    <Button>
      <Undo2 aria-hidden /> Roll back
    </Button>
  );
  if (!can.allowed) return <DisabledReason reason={can.reason}>{button}</DisabledReason>;
  return (
    <ConfirmDialog
      trigger={button}
      title={`Roll ${deployment} back?`}
      consequence="All requests go to the version before at once, without a canary; a canary that is under way is aborted instead. The present version is kept, so this can be undone in the same way."
      confirmLabel="Roll back"
      cancelLabel="Leave it as it is"
      reason={{ label: "Reason", required: true }}
      onConfirm={async (reason) => {
        await back.mutateAsync({ name: deployment, reason });
        toast.success(`${deployment} was rolled back`);
      }}
    />
  );
}
