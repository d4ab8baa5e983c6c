"use client";
import { useQuery } from "@tanstack/react-query";
import { Bookmark, ChevronDown } from "lucide-react";
import dynamic from "next/dynamic";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { MenuButton } from "@/components/ui/menu-button";
import { defaultOf, normalizeQuery } from "@/server/catalog/views/rules";
import type { ViewList } from "@/server/catalog/views/schemas";
import { useViewEntries } from "./use-view-entries";
import type { ViewDialogMode } from "./view-dialog";

const ViewDialog = dynamic(() => import("./view-dialog").then((module) => module.ViewDialog), { ssr: false });
const DeleteView = dynamic(() => import("./delete-view").then((module) => module.DeleteView), { ssr: false });

export interface SavedView {
  id: string;
  name: string;
  scope: string;
  query: string;
  isDefault: boolean;
  ownerName: string;
  mayChange: boolean;
}

/** The chosen view is in the address (`view`), beside all that it sets; `all` says that no default is wanted. */
const VIEW = "view";

/** The list's views: choose, save what is shown now, share, make it the one the list opens with. */
export function SavedViews({ list }: { list: ViewList }) {
  const trpc = useTRPC();
  const router = useRouter();
  const pathname = usePathname();
  const params = useSearchParams();
  const [dialog, setDialog] = useState<ViewDialogMode | null>(null);
  const [doomed, setDoomed] = useState<SavedView | null>(null);
  const views = useQuery(trpc.catalog.views.list.queryOptions({ list }, { staleTime: 60_000 }));
  const items: readonly SavedView[] = views.data?.items ?? [];
  const preferred = defaultOf(items);
  const untouched = params.toString() === "";
  const address = (view: SavedView | null) => {
    const next = new URLSearchParams(view?.query);
    if (view) next.set(VIEW, view.id);
    else if (preferred) next.set(VIEW, "all");
    const text = next.toString();
    return text ? `${pathname}?${text}` : pathname;
  };
  const opensWith = untouched && preferred ? address(preferred) : null;
  // Effect: the address is outside React; a list that was opened bare is taken to its default view.
  useEffect(() => {
    if (opensWith) router.replace(opensWith, { scroll: false });
  }, [opensWith, router]);
  const shown = normalizeQuery(params.toString());
  const active = items.find((view) => view.id === params.get(VIEW));
  const changed = active !== undefined && active.query !== shown;
  const choose = (view: SavedView | null) => router.push(address(view), { scroll: false });
  const entries = useViewEntries({
    views: items,
    active,
    changed,
    shown,
    onChoose: choose,
    onDialog: setDialog,
    onDelete: setDoomed,
  });
  return (
    <>
      <MenuButton align="end" className="w-72" entries={entries}>
        <Button className="max-w-56 min-w-0">
          <Bookmark aria-hidden />
          {active ? <span className="sr-only">View:</span> : null}
          <span className="min-w-0 truncate max-sm:sr-only">{active?.name ?? "Views"}</span>
          {changed ? <span className="text-fg-subtle max-sm:sr-only">changed</span> : null}
          <ChevronDown aria-hidden className="text-fg-subtle" />
        </Button>
      </MenuButton>
      {dialog ? (
        <ViewDialog
          list={list}
          query={shown}
          mode={dialog}
          onClose={() => setDialog(null)}
          onCreated={(view) => router.replace(address(view), { scroll: false })}
        />
      ) : null}
      {doomed ? (
        <DeleteView view={doomed} onClose={() => setDoomed(null)} onDeleted={() => choose(null)} />
      ) : null}
    </>
  );
}
