"use client";
import { type ComponentType, Suspense, lazy, useEffect, useState } from "react";
import { toast } from "./toast";
import { usePreload } from "./when-idle";

/** Stands in for a part that could not be fetched: the page around it stays usable. */
export function Missing({ open, onOpenChange }: { open: boolean; onOpenChange?: (open: boolean) => void }) {
  // Effect: tells the person each time they ask for it, and lets them ask again.
  useEffect(() => {
    if (!open) return;
    toast.error("This could not be opened.", {
      description: "The connection was lost, or the portal was updated meanwhile. Reload the page.",
    });
    onOpenChange?.(false);
  }, [open, onOpenChange]);
  return null;
}

/**
 * An overlay (dialog, sheet, palette) whose code is no part of the page's first scripts: it is fetched when the page rests,
 * mounted when it first opens, and stays mounted so that closing can animate and give the focus back.
 */
export function later<P extends { open: boolean }>(
  load: () => Promise<ComponentType<P>>,
): (props: P) => React.ReactNode {
  const Part = lazy(async () => ({ default: await load().catch((): ComponentType<P> => Missing) }));
  return function Later(props: P) {
    const [asked, setAsked] = useState(props.open);
    usePreload(load);
    if (props.open && !asked) setAsked(true);
    return asked ? (
      <Suspense fallback={null}>
        <Part {...props} />
      </Suspense>
    ) : null;
  };
}
