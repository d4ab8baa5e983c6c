"use client";
import { useQueryClient } from "@tanstack/react-query";
import { ConfirmPanel } from "@/components/common/confirm-panel";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import { toast } from "@/components/ui/toast";
import type { SavedView } from "./saved-views";

/** Asks before a view that the whole team uses is deleted. */
export function DeleteView(props: { view: SavedView; onClose: () => void; onDeleted: () => void }) {
  const { view, onClose, onDeleted } = props;
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const remove = async () => {
    await client.catalog.views.delete.mutate({ viewId: view.id });
    toast.success(`View "${view.name}" deleted`);
    onDeleted();
    await queryClient.invalidateQueries({ queryKey: trpc.catalog.views.list.queryKey() });
  };
  return (
    <ConfirmPanel
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Delete the team's view "${view.name}"?`}
      consequence={`Nobody in the team can choose it any more${view.isDefault ? ", and the list opens without it" : ""}. What it lists is not touched.`}
      confirmLabel="Delete view"
      onConfirm={remove}
    />
  );
}
