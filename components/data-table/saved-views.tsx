"use client";
import { useQuery } from "@tanstack/react-query";
import { Bookmark, ChevronDown } from "lucide-react";
import dynamic from "next/dynamic";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { useTRPC } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { DropdownMenu, DropdownMenuContent, DropdownMenuTrigger } from "@/components/ui/dropdown-menu";
import { defaultOf, normalizeQuery } from "@/server/catalog/views/rules";
import type { ViewList } from "@/server/catalog/views/schemas";
import type { ViewDialogMode } from "./view-dialog";

const Items = dynamic(() => import("./saved-views-menu").then((module) => module.SavedViewsMenu), {
  ssr: false,
  loading: () => <p className="px-2 py-1 text-sm text-fg-muted">Loading…</p>,
});
const ViewDialog = dynamic(() => import("./view-dialog").then((module) => module.ViewDialog), { ssr: false });

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
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button className="max-w-56 min-w-0">
            <Bookmark aria-hidden />
            {active ? <span className="sr-only">View:</span> : null}
            <span className="min-w-0 truncate max-sm:sr-only">{active?.name ?? "Views"}</span>
            {changed ? <span className="text-fg-subtle max-sm:sr-only">changed</span> : null}
            <ChevronDown aria-hidden className="text-fg-subtle" />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end" className="w-72">
          <Items
            views={items}
            active={active}
            changed={changed}
            shown={shown}
            onChoose={(view) => router.push(address(view), { scroll: false })}
            onDialog={setDialog}
          />
        </DropdownMenuContent>
      </DropdownMenu>
      {dialog ? (
        <ViewDialog
          list={list}
          query={shown}
          mode={dialog}
          onClose={() => setDialog(null)}
          onSaved={(view) => router.replace(address(view), { scroll: false })}
        />
      ) : null}
    </>
  );
}
