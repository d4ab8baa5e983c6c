"use client";
import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";

const never = () => () => undefined;
const Configured = createContext("");

/** The portal's address as the server knows it, for what is drawn before the browser says which one the reader uses. */
export function OriginProvider({ origin, children }: { origin: string; children: ReactNode }) {
  return <Configured value={origin}>{children}</Configured>;
}

/** The address the reader uses for the portal, so that snippets work where they are copied. */
export function useOrigin(): string {
  const configured = useContext(Configured);
  return useSyncExternalStore(
    never,
    () => window.location.origin,
    () => configured,
  );
}
