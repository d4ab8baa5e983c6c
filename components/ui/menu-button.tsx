"use client";
import { Slot } from "radix-ui";
import { type ComponentType, type ReactElement, Suspense, lazy, useId, useRef, useState } from "react";
import { Missing } from "./later";
import type { MenuEntry, MenuPlace } from "./menu-entries";
import type { MenuPanelProps } from "./menu-panel";
import { usePreload } from "./when-idle";

const loadPanel = () => import("./menu-panel");
const MenuPanel = lazy<ComponentType<MenuPanelProps>>(() =>
  loadPanel().then(
    (module) => ({ default: module.MenuPanel }),
    () => ({ default: Missing }),
  ),
);

/**
 * A button with a menu. The button is there from the first paint and is never replaced; what draws the menu is fetched when
 * the page rests and mounted when a pointer or the focus comes near.
 */
export function MenuButton({
  entries,
  children,
  ...place
}: MenuPlace & { entries: readonly MenuEntry[]; children: ReactElement }) {
  const anchor = useRef<HTMLButtonElement>(null);
  const [near, setNear] = useState(false);
  const [open, setOpen] = useState(false);
  const id = useId();
  usePreload(loadPanel);
  const approach = () => setNear(true);
  const change = (next: boolean) => {
    setNear(true);
    setOpen(next);
  };
  return (
    <>
      <Slot.Root
        ref={anchor}
        id={`${id}-button`}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? `${id}-menu` : undefined}
        data-state={open ? "open" : "closed"}
        onPointerEnter={approach}
        onFocus={approach}
        onClick={() => change(!open)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          change(true);
        }}
      >
        {children}
      </Slot.Root>
      {near ? (
        <Suspense fallback={null}>
          <MenuPanel
            {...place}
            id={`${id}-menu`}
            labelledBy={`${id}-button`}
            anchor={anchor}
            open={open}
            onOpenChange={setOpen}
            entries={entries}
          />
        </Suspense>
      ) : null}
    </>
  );
}
