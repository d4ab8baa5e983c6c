"use client";
import { useRef } from "react";

/** Gives the focus back to what had it when an overlay opened. Radix does so for its own triggers only, and ours are opened by state. */
export function useReturnFocus() {
  const opener = useRef<Element | null>(null);
  return {
    onOpenAutoFocus: () => {
      opener.current = document.activeElement;
    },
    onCloseAutoFocus: (event: Event) => {
      event.preventDefault();
      if (opener.current instanceof HTMLElement) opener.current.focus();
    },
  };
}
