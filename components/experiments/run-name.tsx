"use client";
import { EllipsisVertical, Pin } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { MenuButton } from "@/components/ui/menu-button";
import type { RunRow } from "./run-columns";
import type { RunMarks } from "./use-run-marks";

/** A run's name with what a person marked it as. */
export function RunName({ row, marks }: { row: RunRow; marks: RunMarks }) {
  return (
    <span className="inline-flex min-w-0 items-center gap-1.5">
      {marks.pins.includes(row.id) ? (
        <>
          <Pin aria-hidden className="size-3.5 shrink-0 text-accent-text" />
          <span className="sr-only">Pinned: </span>
        </>
      ) : null}
      <span className="min-w-0">{row.name}</span>
      {marks.baseline === row.id ? <Badge tone="accent">Baseline</Badge> : null}
    </span>
  );
}

/** Keeps a run on top, or measures the others against it. */
export function RunMenu({ row, marks }: { row: RunRow; marks: RunMarks }) {
  const isPinned = marks.pins.includes(row.id);
  const isBaseline = marks.baseline === row.id;
  return (
    <MenuButton
      align="end"
      entries={[
        {
          type: "item",
          label: isPinned ? "Unpin" : "Pin to the top",
          onSelect: () => marks.togglePin(row.id),
        },
        {
          type: "item",
          label: isBaseline ? "No baseline" : "Use as baseline",
          onSelect: () => marks.setBaseline(isBaseline ? null : row.id),
        },
      ]}
    >
      <Button size="icon-sm" variant="ghost" aria-label={`Mark ${row.name}`}>
        <EllipsisVertical aria-hidden />
      </Button>
    </MenuButton>
  );
}

/** Chooses the parameter by which runs stand together. */
export function GroupButton({ params, marks }: { params: readonly string[]; marks: RunMarks }) {
  const names = marks.group && !params.includes(marks.group) ? [marks.group, ...params] : params;
  if (names.length === 0) return null;
  return (
    <MenuButton
      align="end"
      entries={[
        {
          type: "choice",
          value: marks.group ?? "",
          options: [
            { value: "", label: "No groups" },
            ...names.map((name) => ({ value: name, label: name })),
          ],
          onChange: (name) => marks.setGroup(name === "" ? null : name),
        },
      ]}
    >
      <Button className={marks.group ? "border-accent" : undefined}>
        {marks.group ? `Grouped by ${marks.group}` : "Group by"}
      </Button>
    </MenuButton>
  );
}
