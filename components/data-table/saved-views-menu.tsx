"use client";
import { useQueryClient } from "@tanstack/react-query";
import { Check, Pencil, Plus, Save, Star, StarOff, Trash2, Users } from "lucide-react";
import { toast } from "@/components/ui/toast";
import { readError } from "@/components/common/error-shape";
import { useCan } from "@/components/identity/use-can";
import { useTRPC, useTRPCClient } from "@/components/trpc";
import {
  DropdownMenuGroup,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
} from "@/components/ui/dropdown-menu";
import type { SavedView } from "./saved-views";
import type { ViewDialogMode } from "./view-dialog";

export interface SavedViewsMenuProps {
  views: readonly SavedView[];
  active: SavedView | undefined;
  /** The list shows something else than the chosen view holds. */
  changed: boolean;
  /** What the list shows now. */
  shown: string;
  onChoose: (view: SavedView | null) => void;
  onDialog: (mode: ViewDialogMode) => void;
}

function ViewItem({ view, chosen, onChoose }: { view: SavedView; chosen: boolean; onChoose: () => void }) {
  return (
    <DropdownMenuItem onSelect={onChoose} title={view.scope === "team" ? `By ${view.ownerName}` : undefined}>
      <Check aria-hidden className={chosen ? "text-accent-text!" : "invisible"} />
      <span className="min-w-0 flex-1 truncate">{view.name}</span>
      {chosen ? <span className="sr-only">chosen</span> : null}
      {view.isDefault ? <span className="text-xs text-fg-subtle">default</span> : null}
    </DropdownMenuItem>
  );
}

/** What can be done with the chosen view; only for those who may. */
function Changes({
  active,
  changed,
  shown,
  onChoose,
  onDialog,
}: SavedViewsMenuProps & { active: SavedView }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const share = useCan("catalog.view.share");
  // Not by a mutation's own callbacks: choosing an entry closes the menu, and they end with it.
  const act = async (work: () => Promise<unknown>, said: string, then?: () => void) => {
    try {
      await work();
      then?.();
      toast.success(said);
    } catch (error) {
      const { message, hint } = readError(error);
      toast.error(message, { description: hint });
    }
    await queryClient.invalidateQueries({ queryKey: trpc.catalog.views.list.queryKey() });
  };
  const change = (what: { query?: string; isDefault?: boolean; scope?: "team" | "personal" }, said: string) =>
    void act(() => client.catalog.views.update.mutate({ viewId: active.id, ...what }), said);
  const toDelete = () =>
    void act(
      () => client.catalog.views.delete.mutate({ viewId: active.id }),
      `View "${active.name}" deleted`,
      () => onChoose(null),
    );
  const isTeams = active.scope === "team";
  return (
    <>
      {changed ? (
        <DropdownMenuItem onSelect={() => change({ query: shown }, `View "${active.name}" saved`)}>
          <Save aria-hidden /> Save what is shown to it
        </DropdownMenuItem>
      ) : null}
      <DropdownMenuItem onSelect={() => onDialog({ kind: "rename", view: active })}>
        <Pencil aria-hidden /> Rename…
      </DropdownMenuItem>
      <DropdownMenuItem
        onSelect={() =>
          change(
            { isDefault: !active.isDefault },
            active.isDefault ? "The list opens without a view" : `The list opens with "${active.name}"`,
          )
        }
      >
        {active.isDefault ? <StarOff aria-hidden /> : <Star aria-hidden />}
        {active.isDefault ? "Do not open the list with it" : "Open the list with it"}
      </DropdownMenuItem>
      {share.allowed ? (
        <DropdownMenuItem
          onSelect={() =>
            change(
              { scope: isTeams ? "personal" : "team" },
              isTeams ? "Only you see this view now" : "The team sees this view now",
            )
          }
        >
          <Users aria-hidden /> {isTeams ? "Keep it for its owner" : "Share it with the team"}
        </DropdownMenuItem>
      ) : null}
      <DropdownMenuItem onSelect={toDelete}>
        <Trash2 aria-hidden /> Delete
      </DropdownMenuItem>
    </>
  );
}

/** The entries of the views menu; loaded when it is opened first. */
export function SavedViewsMenu(props: SavedViewsMenuProps) {
  const { views, active, onChoose, onDialog } = props;
  const groups = [
    { label: "Yours", of: views.filter((view) => view.scope === "personal") },
    { label: "The team's", of: views.filter((view) => view.scope === "team") },
  ].filter((group) => group.of.length > 0);
  return (
    <>
      <DropdownMenuItem onSelect={() => onChoose(null)}>
        <Check aria-hidden className={active ? "invisible" : "text-accent-text!"} /> All, without a view
      </DropdownMenuItem>
      {groups.map((group) => (
        <DropdownMenuGroup key={group.label} aria-label={group.label}>
          <DropdownMenuLabel>{group.label}</DropdownMenuLabel>
          {group.of.map((view) => (
            <ViewItem
              key={view.id}
              view={view}
              chosen={view.id === active?.id}
              onChoose={() => onChoose(view)}
            />
          ))}
        </DropdownMenuGroup>
      ))}
      <DropdownMenuSeparator />
      <DropdownMenuItem onSelect={() => onDialog({ kind: "create" })}>
        <Plus aria-hidden /> Save as a new view…
      </DropdownMenuItem>
      {active?.mayChange ? <Changes {...props} active={active} /> : null}
    </>
  );
}
