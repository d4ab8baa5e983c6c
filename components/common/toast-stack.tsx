"use client";
import { useTheme } from "next-themes";
import Link from "next/link";
import { useEffect } from "react";
import { Toaster as Sonner, toast as sonner } from "sonner";
import { type Toast, drawToasts } from "@/components/ui/toast";

const LINKED_MS = 20_000;

function draw({ tone, message, description, link }: Toast): void {
  const action = link ? (
    <Link href={link.href} className="ml-auto shrink-0 rounded-sm text-accent-text hover:underline">
      {link.label}
    </Link>
  ) : undefined;
  sonner[tone](message, { description, action, ...(link ? { duration: LINKED_MS } : {}) });
}

/** Draws the toasts. */
export function ToastStack() {
  const { resolvedTheme } = useTheme();
  // Effect: toasts come from outside React; they are taken only now that their list (a child, mounted before) listens.
  useEffect(() => drawToasts(draw), []);
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
