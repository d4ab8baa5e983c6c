"use client";
import { Slot } from "radix-ui";
import { type ReactNode, useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

type Side = "top" | "right" | "bottom" | "left";
const OPEN_AFTER_MS = 300;
/** Long enough to move the pointer from the trigger over the gap into the bubble (WCAG 1.4.13). */
const CLOSE_AFTER_MS = 120;
const GAP = 6;
const EDGE = 8;

/** Beside the anchor on the wanted side, on the opposite one where that has no room, and always inside the window. */
export function placeBubble(
  anchor: { top: number; left: number; width: number; height: number },
  bubble: { width: number; height: number },
  view: { width: number; height: number },
  side: Side,
): { top: number; left: number } {
  const vertical = side === "top" || side === "bottom";
  const size = vertical ? bubble.height : bubble.width;
  const start = vertical ? anchor.top : anchor.left;
  const end = start + (vertical ? anchor.height : anchor.width);
  const room = vertical ? view.height : view.width;
  const before = start - GAP - size;
  const after = end + GAP;
  const first = side === "top" || side === "left";
  const main = first
    ? before < EDGE && after + size <= room - EDGE
      ? after
      : before
    : after + size > room - EDGE && before >= EDGE
      ? before
      : after;
  const middle = vertical
    ? anchor.left + anchor.width / 2 - bubble.width / 2
    : anchor.top + anchor.height / 2 - bubble.height / 2;
  const limit = (value: number, length: number, whole: number) =>
    Math.max(EDGE, Math.min(value, whole - length - EDGE));
  return vertical
    ? { top: main, left: limit(middle, bubble.width, view.width) }
    : { top: limit(middle, bubble.height, view.height), left: main };
}

function Bubble(props: {
  id: string;
  anchor: HTMLElement;
  side: Side;
  onEnter: () => void;
  onLeave: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const { anchor, side, onClose } = props;
  const bubble = useRef<HTMLDivElement>(null);
  // Effect: the bubble's place follows from measured sizes, and the next paint must already show it there.
  useLayoutEffect(() => {
    const node = bubble.current;
    if (!node) return;
    const view = { width: document.documentElement.clientWidth, height: window.innerHeight };
    const place = placeBubble(anchor.getBoundingClientRect(), node.getBoundingClientRect(), view, side);
    node.style.top = `${place.top}px`;
    node.style.left = `${place.left}px`;
  });
  // Effect: the window's keyboard and scrolling.
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "Escape") return;
      // Escape takes the bubble away, not the dialog below it.
      event.stopPropagation();
      onClose();
    };
    window.addEventListener("keydown", onKeyDown, true);
    window.addEventListener("scroll", onClose, true);
    return () => {
      window.removeEventListener("keydown", onKeyDown, true);
      window.removeEventListener("scroll", onClose, true);
    };
  }, [onClose]);
  return createPortal(
    <div
      ref={bubble}
      id={props.id}
      role="tooltip"
      onPointerEnter={props.onEnter}
      onPointerLeave={props.onLeave}
      className="fixed top-0 left-0 z-50 max-w-72 rounded-md border border-fg/10 bg-fg px-2 py-1 text-sm text-background shadow-popover"
    >
      {props.children}
    </div>,
    document.body,
  );
}

/** A short explanation on hover and focus; the trigger keeps its own accessible name. Escape takes it away. */
export function Tooltip(props: { content: ReactNode; children: ReactNode; side?: Side }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();
  // Effect: a pending timer must not fire after the trigger is gone.
  useEffect(() => () => clearTimeout(timer.current), []);
  const later = (work: () => void, ms: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(work, ms);
  };
  const close = useCallback(() => {
    clearTimeout(timer.current);
    setAnchor(null);
  }, []);
  const leave = () => later(close, CLOSE_AFTER_MS);
  return (
    <>
      <Slot.Root
        aria-describedby={anchor ? id : undefined}
        onPointerEnter={(event) => {
          const target = event.currentTarget;
          if (event.pointerType !== "touch") later(() => setAnchor(target), OPEN_AFTER_MS);
        }}
        onPointerLeave={leave}
        onPointerDown={close}
        onFocus={(event) => {
          // A press focuses too; only the keyboard's focus asks for the explanation.
          if (event.currentTarget.matches(":focus-visible")) setAnchor(event.currentTarget);
        }}
        onBlur={close}
      >
        {props.children}
      </Slot.Root>
      {anchor ? (
        <Bubble
          id={id}
          anchor={anchor}
          side={props.side ?? "top"}
          onEnter={() => clearTimeout(timer.current)}
          onLeave={leave}
          onClose={close}
        >
          {props.content}
        </Bubble>
      ) : null}
    </>
  );
}
