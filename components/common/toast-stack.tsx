"use client";
import { useTheme } from "next-themes";
import { useEffect } from "react";
import { Toaster as Sonner, toast as sonner } from "sonner";
import { drawToasts } from "@/components/ui/toast";

/** Draws the toasts. */
export function ToastStack() {
  const { resolvedTheme } = useTheme();
  // Effect: toasts come from outside React; they are taken only now that their list (a child, mounted before) listens.
  useEffect(() => drawToasts(({ tone, message, description }) => sonner[tone](message, { description })), []);
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
