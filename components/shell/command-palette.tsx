"use client";
import { Command } from "cmdk";
import { CornerDownLeft, History, Search, Zap } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { EntityIcon } from "@/components/common/entity-link";
import { StatusBadge } from "@/components/common/status-badge";
import { Dialog, DialogContent, DialogDescription, DialogTitle } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";
import { NAV_EXTRA, visibleGroups } from "./nav";
import { NAV_ICONS } from "./nav-icons";
import { readRecents } from "./recents";
import type { PaletteItem, PaletteSearch, ShellSession } from "./types";

type Found = { query: string; items: readonly PaletteItem[]; failed: boolean };
const NOTHING: Found = { query: "", items: [], failed: false };

function useSearch(search: PaletteSearch | undefined, query: string): Found & { busy: boolean } {
  const [found, setFound] = useState<Found>(NOTHING);
  const wanted = search ? query.trim() : "";
  // Effect: asks the server after a short pause; an answer to an older question is dropped.
  useEffect(() => {
    if (!search || wanted.length < 2) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      search(wanted, abort.signal)
        .then((items) => !abort.signal.aborted && setFound({ query: wanted, items, failed: false }))
        .catch(() => !abort.signal.aborted && setFound({ query: wanted, items: [], failed: true }));
    }, 120);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [search, wanted]);
  if (wanted.length < 2) return { ...NOTHING, busy: false };
  return { ...found, busy: found.query !== wanted };
}

const itemClasses =
  "flex min-h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 py-1 data-[selected=true]:bg-surface-hover";
const groupClasses =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-fg-subtle";

function Entity({ item, onPick }: { item: PaletteItem; onPick: () => void }) {
  return (
    <Command.Item
      value={`${item.kind} ${item.label} ${item.id}`}
      keywords={item.detail ? [item.detail] : undefined}
      onSelect={onPick}
      className={itemClasses}
    >
      {item.kind === "action" ? (
        <Zap aria-hidden className="size-4 text-fg-subtle" />
      ) : (
        <EntityIcon kind={item.kind} />
      )}
      <span className="min-w-0 flex-1 truncate">
        {item.label}
        {item.detail ? <span className="ml-2 text-sm text-fg-subtle">{item.detail}</span> : null}
      </span>
      {item.owner ? <span className="hidden text-sm text-fg-muted sm:inline">{item.owner}</span> : null}
      {item.kind === "action" ? null : (
        <span className="text-xs text-fg-subtle">{item.kind.replaceAll("_", " ")}</span>
      )}
      {item.status ? <StatusBadge status={item.status} /> : null}
    </Command.Item>
  );
}

export type CommandPaletteProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Whose places and recently opened pages are offered. */
  session: ShellSession;
  actions?: readonly PaletteItem[];
  search?: PaletteSearch;
};

/** Go anywhere, do anything: pages, actions and entities by name. Loaded on first use. */
export function CommandPalette({ open, onOpenChange, session, actions = [], search }: CommandPaletteProps) {
  const router = useRouter();
  const [query, setQuery] = useState("");
  const found = useSearch(search, query);
  const pick = (item: { href?: string; run?: () => void }) => {
    onOpenChange(false);
    setQuery("");
    item.run?.();
    if (item.href) router.push(item.href);
  };
  const teamId = session.activeTeam?.id;
  const recents = open && teamId ? readRecents(teamId) : [];
  const places = [...visibleGroups(session).flatMap((group) => group.items), ...NAV_EXTRA];
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent className="top-[12vh] max-w-xl translate-y-0 overflow-hidden [&>button:last-child]:hidden">
        <DialogTitle className="sr-only">Search and commands</DialogTitle>
        <DialogDescription className="sr-only">
          Type to find pages, actions, models, datasets and more.
        </DialogDescription>
        <Command label="Search and commands" loop className="flex min-h-0 flex-col">
          <div className="flex items-center gap-2 border-b px-3.5">
            <Search aria-hidden className="size-4 text-fg-subtle" />
            <Command.Input
              value={query}
              onValueChange={setQuery}
              placeholder="Search or jump to…"
              className="h-11 flex-1 bg-transparent text-lg outline-none placeholder:text-fg-subtle"
            />
            <Kbd>Esc</Kbd>
          </div>
          <Command.List className="max-h-[min(24rem,60vh)] overflow-y-auto p-1.5">
            {found.items.length > 0 ? null : (
              <Command.Empty className="px-2.5 py-6 text-center text-fg-muted">
                {found.busy
                  ? "Searching…"
                  : found.failed
                    ? "Search is not answering. Pages and actions still work."
                    : "Nothing found. Try a name, an id or a tag."}
              </Command.Empty>
            )}
            {found.items.length > 0 ? (
              <Command.Group heading="Found" className={groupClasses} forceMount>
                {found.items.map((item) => (
                  <Entity key={`${item.kind}:${item.id}`} item={item} onPick={() => pick(item)} />
                ))}
              </Command.Group>
            ) : null}
            {query === "" && recents.length > 0 ? (
              <Command.Group heading="Recent" className={groupClasses}>
                {recents.map((item) => (
                  <Command.Item
                    key={item.href}
                    value={`recent ${item.label} ${item.href}`}
                    onSelect={() => pick(item)}
                    className={itemClasses}
                  >
                    <History aria-hidden className="size-4 text-fg-subtle" />
                    <span className="min-w-0 flex-1 truncate">{item.label}</span>
                    <span className="text-xs text-fg-subtle">{item.href.split("/")[1]}</span>
                  </Command.Item>
                ))}
              </Command.Group>
            ) : null}
            {actions.length > 0 ? (
              <Command.Group heading="Actions" className={groupClasses}>
                {actions.map((item) => (
                  <Entity key={item.id} item={item} onPick={() => pick(item)} />
                ))}
              </Command.Group>
            ) : null}
            <Command.Group heading="Go to" className={groupClasses}>
              {places.map((place) => {
                const Icon = NAV_ICONS[place.href];
                return (
                  <Command.Item
                    key={place.href}
                    value={`go ${place.label}`}
                    onSelect={() => pick(place)}
                    className={itemClasses}
                  >
                    {Icon ? <Icon aria-hidden className="size-4 text-fg-subtle" /> : null}
                    <span className="flex-1">{place.label}</span>
                    {place.key ? (
                      <span className="flex gap-1">
                        <Kbd>G</Kbd>
                        <Kbd>{place.key.toUpperCase()}</Kbd>
                      </span>
                    ) : null}
                  </Command.Item>
                );
              })}
            </Command.Group>
          </Command.List>
          <p className="flex items-center gap-1.5 border-t px-3.5 py-2 text-xs text-fg-subtle">
            <CornerDownLeft aria-hidden className="size-3.5" /> open, arrows to move, <Kbd>?</Kbd> all
            shortcuts
          </p>
        </Command>
      </DialogContent>
    </Dialog>
  );
}
