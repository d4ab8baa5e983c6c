"use client";
import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** The address the reader uses for the portal, so that snippets work where they are copied. */
export function useOrigin(): string {
  return useSyncExternalStore(
    never,
    () => window.location.origin,
    () => "",
  );
}
