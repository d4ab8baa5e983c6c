"use client";
import { useQueryClient } from "@tanstack/react-query";
import { readError } from "@/components/kit/error-shape";
import { useCan } from "@/components/kit/use-can";
import { useTRPC, useTRPCClient } from "@/components/kit/trpc";
import type { MenuEntry } from "@/components/ui/menu-entries";
import { toast } from "@/components/ui/toast";
import type { SavedView } from "./saved-views";
import type { ViewDialogMode } from "./view-dialog";

const ALL = "all";

export interface ViewMenu {
  views: readonly SavedView[];
  active: SavedView | undefined;
  /** The list shows something else than the chosen view holds. */
  changed: boolean;
  /** What the list shows now. */
  shown: string;
  onChoose: (view: SavedView | null) => void;
  onDialog: (mode: ViewDialogMode) => void;
  onDelete: (view: SavedView) => void;
}

function labelOf(view: SavedView) {
  const notes = [view.scope === "team" ? "team" : "", view.isDefault ? "default" : ""].filter(Boolean);
  return (
    <>
      <span className="min-w-0 flex-1 truncate">{view.name}</span>
      {notes.length > 0 ? <span className="text-xs text-fg-subtle">{notes.join(", ")}</span> : null}
    </>
  );
}

/** What can be done with the chosen view. */
function useChanges(menu: ViewMenu): (active: SavedView) => MenuEntry[] {
  const { changed, shown, onChoose, onDialog, onDelete } = menu;
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const share = useCan("catalog.view.share");
  const act = async (work: () => Promise<unknown>, said: string) => {
    try {
      await work();
      toast.success(said);
    } catch (error) {
      const { message, hint } = readError(error);
      toast.error(message, { description: hint });
    }
    await queryClient.invalidateQueries({ queryKey: trpc.catalog.views.list.queryKey() });
  };
  const item = (label: string, onSelect: () => void): MenuEntry => ({ type: "item", label, onSelect });
  return (active) => {
    const { id: viewId, name, isDefault } = active;
    const isTeams = active.scope === "team";
    const forWhom = isTeams ? " for the team" : "";
    const change = (
      what: { query?: string; isDefault?: boolean; scope?: "team" | "personal" },
      said: string,
    ) => void act(() => client.catalog.views.update.mutate({ viewId, ...what }), said);
    return [
      ...(changed
        ? [item("Save what is shown to it", () => change({ query: shown }, `View "${name}" saved`))]
        : []),
      item("Rename…", () => onDialog({ kind: "rename", view: active })),
      isDefault
        ? item(`Do not open the list with it${forWhom}`, () =>
            change({ isDefault: false }, `The list opens without a view${forWhom}`),
          )
        : item(`Open the list with it${forWhom}`, () =>
            change({ isDefault: true }, `The list opens with "${name}"${forWhom}`),
          ),
      ...(share.allowed
        ? [
            isTeams
              ? item("Keep it for its owner", () =>
                  change({ scope: "personal" }, "Only its owner sees this view now"),
                )
              : item("Share it with the team", () =>
                  change({ scope: "team" }, "The team sees this view now"),
                ),
          ]
        : []),
      isTeams
        ? item("Delete…", () => onDelete(active))
        : item("Delete", () => {
            const remove = async () => {
              await client.catalog.views.delete.mutate({ viewId });
              onChoose(null);
            };
            void act(remove, `View "${name}" deleted`);
          }),
    ];
  };
}

/** The entries of the views menu: choose one, keep what is shown, change the chosen one. */
export function useViewEntries(menu: ViewMenu): MenuEntry[] {
  const { views, active, onChoose, onDialog } = menu;
  const changes = useChanges(menu);
  return [
    {
      type: "choice",
      value: active?.id ?? ALL,
      onChange: (id) => onChoose(views.find((view) => view.id === id) ?? null),
      options: [
        { value: ALL, label: "All, without a view" },
        ...views.map((view) => ({ value: view.id, label: labelOf(view) })),
      ],
    },
    { type: "separator" },
    { type: "item", label: "Save as a new view…", onSelect: () => onDialog({ kind: "create" }) },
    ...(active?.mayChange ? changes(active) : []),
  ];
}
