"use client";
import { useTheme } from "next-themes";
import { Toaster as Sonner } from "sonner";

/** Where short confirmations appear. An error never lives in a toast alone: show it on the page too. */
export function Toaster() {
  const { resolvedTheme } = useTheme();
  return (
    <Sonner
      theme={resolvedTheme === "dark" ? "dark" : "light"}
      position="bottom-right"
      closeButton
      visibleToasts={3}
      toastOptions={{
        style: {
          background: "var(--surface-raised)",
          color: "var(--fg)",
          border: "1px solid var(--border)",
          borderRadius: "8px",
          fontFamily: "inherit",
          fontSize: "0.875rem",
        },
      }}
    />
  );
}
