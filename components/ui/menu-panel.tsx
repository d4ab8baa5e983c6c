"use client";
import { Check, Circle } from "lucide-react";
import Link from "next/link";
import { Menu } from "radix-ui/internal";
import { type ReactNode, type RefObject, useRef } from "react";
import { cn } from "./cn";
import type { MenuEntry, MenuPlace } from "./menu-entries";

const itemClasses =
  "relative flex min-h-8 cursor-default items-center gap-2 rounded-md px-2 py-1 text-base outline-none select-none data-[disabled]:text-fg-subtle data-[highlighted]:bg-surface-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-fg-subtle";

function Choice({ entry }: { entry: Extract<MenuEntry, { type: "choice" }> }) {
  return (
    <Menu.RadioGroup value={entry.value} onValueChange={entry.onChange}>
      {entry.options.map((option) => (
        <Menu.RadioItem key={option.value} value={option.value} className={cn(itemClasses, "pl-8")}>
          <Menu.ItemIndicator className="absolute left-2.5">
            <Circle aria-hidden className="size-2! fill-current" />
          </Menu.ItemIndicator>
          {option.label}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}

/** Stays open, so that several can be set in one go. */
function Option({ entry }: { entry: Extract<MenuEntry, { type: "check" }> }) {
  return (
    <Menu.CheckboxItem
      className={cn(itemClasses, "pl-8")}
      checked={entry.checked}
      disabled={entry.disabled}
      onSelect={(event) => event.preventDefault()}
      onCheckedChange={(on) => entry.onChange(on)}
    >
      <Menu.ItemIndicator className="absolute left-2">
        <Check aria-hidden />
      </Menu.ItemIndicator>
      {entry.label}
    </Menu.CheckboxItem>
  );
}

function Entry({ entry, onSelect }: { entry: MenuEntry; onSelect: () => void }): ReactNode {
  switch (entry.type) {
    case "label":
      return <Menu.Label className="px-2 py-1 text-xs font-medium text-fg-subtle">{entry.text}</Menu.Label>;
    case "text":
      return <p className="truncate px-2 py-1 text-sm text-fg-muted">{entry.text}</p>;
    case "separator":
      return <Menu.Separator className="-mx-1 my-1 h-px bg-border" />;
    case "item":
      return (
        <Menu.Item
          className={itemClasses}
          onSelect={() => {
            onSelect();
            entry.onSelect();
          }}
        >
          {entry.label}
        </Menu.Item>
      );
    case "link":
      return (
        <Menu.Item className={itemClasses} asChild>
          {entry.download ? (
            <a href={entry.href} download>
              {entry.label}
            </a>
          ) : (
            <Link href={entry.href}>{entry.label}</Link>
          )}
        </Menu.Item>
      );
    case "choice":
      return <Choice entry={entry} />;
    default:
      return <Option entry={entry} />;
  }
}

export type MenuPanelProps = MenuPlace & {
  id: string;
  labelledBy: string;
  anchor: RefObject<HTMLButtonElement | null>;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  entries: readonly MenuEntry[];
};

/** The menu of a `MenuButton`. Not modal: the rest of the page stays in the accessibility tree, and the menu closes when the focus leaves. */
export function MenuPanel(props: MenuPanelProps) {
  const { anchor, entries } = props;
  const leftByPointer = useRef(false);
  return (
    <Menu.Root modal={false} open={props.open} onOpenChange={props.onOpenChange}>
      <Menu.Anchor virtualRef={anchor} />
      <Menu.Portal>
        <Menu.Content
          id={props.id}
          aria-labelledby={props.labelledBy}
          align={props.align ?? "start"}
          side={props.side ?? "bottom"}
          sideOffset={4}
          collisionPadding={8}
          className={cn(
            "z-50 max-h-(--radix-popper-available-height) min-w-44 overflow-y-auto rounded-lg border bg-surface-raised p-1 shadow-popover",
            props.className,
          )}
          onInteractOutside={(event) => {
            // The button closes its menu itself; if the press closed it first, the click would open it again.
            if (event.target instanceof Node && anchor.current?.contains(event.target))
              event.preventDefault();
            else leftByPointer.current = true;
          }}
          onCloseAutoFocus={(event) => {
            // After a press elsewhere, or in a dialog that an entry opened, the focus belongs there; else it returns to the button.
            event.preventDefault();
            const isFree = document.activeElement === null || document.activeElement === document.body;
            if (!leftByPointer.current && isFree) anchor.current?.focus();
            leftByPointer.current = false;
          }}
        >
          {entries.map((entry, index) => (
            <Entry
              key={"id" in entry ? entry.id : `${entry.type}-${index}`}
              entry={entry}
              // Before the entry acts: a dialog that it opens gives the focus back to what had it, and the entry is gone by then.
              onSelect={() => anchor.current?.focus()}
            />
          ))}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
