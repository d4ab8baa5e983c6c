"use client";
import { Columns3, ListFilter, Search, X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Kbd } from "@/components/ui/kbd";
import { MenuButton } from "@/components/ui/menu-button";
import type { MenuEntry } from "@/components/ui/menu-entries";
import { useShortcuts } from "@/components/common/shortcuts";
import type { Facet } from "./types";
import type { TableState } from "./use-table-state";

function SearchField({
  value,
  onChange,
  label,
}: {
  value: string;
  onChange: (q: string) => void;
  label: string;
}) {
  const [draft, setDraft] = useState({ typed: value, base: value });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const input = useRef<HTMLInputElement>(null);
  // The URL may change under us (back, a saved view): then it wins over the draft.
  const typed = draft.base === value ? draft.typed : value;
  useShortcuts([{ keys: "/", label: "Search this list", group: "Lists", run: () => input.current?.focus() }]);
  // Effect: a pending timer must not fire after the field is gone.
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (next: string) => {
    setDraft({ typed: next, base: value });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setDraft({ typed: next, base: next.trim() });
      onChange(next.trim());
    }, 200);
  };
  return (
    <div className="relative min-w-0 flex-1 basis-44 sm:max-w-72">
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2 size-4 text-fg-subtle" />
      <Input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={(event) => type(event.target.value)}
        className="pr-8 pl-8"
      />
      {typed === "" ? (
        <Kbd aria-hidden className="pointer-events-none absolute top-1.5 right-1.5 hidden sm:inline-flex">
          /
        </Kbd>
      ) : null}
    </div>
  );
}

type Option = Facet["options"][number];

const labelOf = (option: Option) => (
  <>
    <span className="flex-1">{option.label}</span>
    {option.count === undefined ? null : (
      <span data-numeric className="text-xs text-fg-subtle">
        {option.count}
      </span>
    )}
  </>
);

function singleEntries(
  facet: Facet,
  chosen: string | undefined,
  onChange: (values: readonly string[]) => void,
): MenuEntry[] {
  const options = facet.options.map((option) => ({ value: option.value, label: labelOf(option) }));
  const choose = (value: string) => onChange(value === chosen ? [] : [value]);
  return [{ type: "choice", value: chosen ?? "", options, onChange: choose }];
}

function FacetMenu({
  facet,
  chosen,
  onChange,
}: {
  facet: Facet;
  chosen: readonly string[];
  onChange: (values: readonly string[]) => void;
}) {
  // An address may name several where one counts: the last.
  const counted = facet.single ? chosen.slice(-1) : chosen;
  const entries = facet.single
    ? singleEntries(facet, counted[0], onChange)
    : facet.options.map((option): MenuEntry => ({
        type: "check",
        id: option.value,
        checked: chosen.includes(option.value),
        onChange: (on) =>
          onChange(on ? [...chosen, option.value] : chosen.filter((value) => value !== option.value)),
        label: labelOf(option),
      }));
  return (
    <MenuButton entries={entries}>
      <Button className={counted.length > 0 ? "border-accent" : "border-dashed"}>
        <ListFilter aria-hidden /> {facet.label}
        {counted.length > 0 ? (
          <Badge tone="accent">
            {counted.length === 1
              ? (facet.options.find((option) => option.value === counted[0])?.label ?? counted[0])
              : counted.length}
          </Badge>
        ) : null}
      </Button>
    </MenuButton>
  );
}

export type ColumnChoice = { id: string; header: string; visible: boolean; fixed: boolean };

function ColumnMenu({
  columns,
  onToggle,
}: {
  columns: readonly ColumnChoice[];
  onToggle: (id: string) => void;
}) {
  const entries: MenuEntry[] = [
    { type: "label", text: "Columns" },
    ...columns.map((column): MenuEntry => ({
      type: "check",
      id: column.id,
      label: column.header,
      checked: column.visible,
      disabled: column.fixed,
      onChange: () => onToggle(column.id),
    })),
  ];
  return (
    <MenuButton align="end" entries={entries}>
      <Button size="icon" aria-label="Columns">
        <Columns3 aria-hidden />
      </Button>
    </MenuButton>
  );
}

export type FilterBarProps = {
  state: TableState;
  facets: readonly Facet[];
  searchLabel: string | null;
  columns: readonly ColumnChoice[];
  onToggleColumn: (id: string) => void;
  /** Saved views, export, extra buttons. */
  slot?: ReactNode;
};

/** Search, facets, columns, and what the page adds. */
export function FilterBar({ state, facets, searchLabel, columns, onToggleColumn, slot }: FilterBarProps) {
  return (
    <search className="flex flex-wrap items-center gap-2">
      {searchLabel ? <SearchField value={state.q} onChange={state.setQ} label={searchLabel} /> : null}
      {facets.map((facet) => (
        <FacetMenu
          key={facet.id}
          facet={facet}
          chosen={state.facets[facet.id] ?? []}
          onChange={(values) => state.setFacet(facet.id, values)}
        />
      ))}
      {state.filtered ? (
        <Button variant="ghost" onClick={state.reset}>
          <X aria-hidden /> Clear
        </Button>
      ) : null}
      <div className="ml-auto flex flex-wrap items-center gap-2">
        {slot}
        <ColumnMenu columns={columns} onToggle={onToggleColumn} />
      </div>
    </search>
  );
}
