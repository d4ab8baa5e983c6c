"use client";
import { usePathname } from "next/navigation";
import { useEffect } from "react";

export interface Recent {
  href: string;
  label: string;
}

// By hand: a schema library in the shell would weigh on every page.
const isRecent = (value: unknown): value is Recent =>
  typeof value === "object" &&
  value !== null &&
  "href" in value &&
  "label" in value &&
  typeof value.href === "string" &&
  value.href.startsWith("/") &&
  typeof value.label === "string";

const KEPT = 8;
/** Pages of one thing, not lists, forms and comparisons: what is compared stands in the query, which is not kept. */
const OF_A_THING =
  /^\/(datasets|jobs|experiments|models|reviews|deployments|monitoring|policies|templates)\/(?!new$)(?![^/]+\/compare$)[^/]+/u;
const keyOf = (teamId: string) => `mw_recent_${teamId}`;

/** What was opened last in this browser, newest first; nothing where the browser keeps nothing. */
export function readRecents(teamId: string): Recent[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(teamId)) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isRecent) : [];
  } catch {
    return [];
  }
}

/** A shared computer must not tell the next person what the last one looked at. */
export function forgetRecents(): void {
  try {
    for (const key of Object.keys(localStorage))
      if (key.startsWith("mw_recent_")) localStorage.removeItem(key);
  } catch {
    // The browser keeps nothing: there is nothing to forget.
  }
}

/** Remembers the pages of things that are opened, for the palette. */
export function useRecents(teamId: string | undefined): void {
  const pathname = usePathname();
  // Effect: the page's own heading names it, and it comes after the first data.
  useEffect(() => {
    if (!teamId || !OF_A_THING.test(pathname)) return undefined;
    const timer = setTimeout(() => {
      const label = document.querySelector("main h1")?.textContent.trim();
      if (!label || /not found/iu.test(label)) return;
      const others = readRecents(teamId).filter((item) => item.href !== pathname);
      try {
        localStorage.setItem(
          keyOf(teamId),
          JSON.stringify([{ href: pathname, label }, ...others].slice(0, KEPT)),
        );
      } catch {
        // Full or switched off: recents are a convenience.
      }
    }, 1500);
    return () => clearTimeout(timer);
  }, [pathname, teamId]);
}
