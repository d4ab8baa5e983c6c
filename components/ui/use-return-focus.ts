"use client";
import { useRef } from "react";

const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled)";

/** From the element itself outwards. */
function chainOf(element: Element | null): Element[] {
  const chain: Element[] = [];
  for (let at = element; at; at = at.parentElement) chain.push(at);
  return chain;
}

/**
 * Gives the focus back to what had it when an overlay opened; when that is gone or off by now (the overlay removed what it was about), to the
 * first control of what was around it. Radix does so for its own triggers only, and ours are opened by state.
 */
export function useReturnFocus() {
  const opener = useRef<Element[]>([]);
  return {
    onOpenAutoFocus: () => {
      opener.current = chainOf(document.activeElement);
    },
    onCloseAutoFocus: (event: Event) => {
      event.preventDefault();
      const [first, ...around] = opener.current;
      if (first instanceof HTMLElement) first.focus();
      // It has it, or someone else has given it back already.
      const now = document.activeElement;
      if (now === first || (now && now !== document.body)) return;
      const left = around.find((element) => element.isConnected);
      if (!left?.contains(document.body)) left?.querySelector<HTMLElement>(FOCUSABLE)?.focus();
    },
  };
}
