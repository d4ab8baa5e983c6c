"use client";
import { type ComponentType, Suspense, lazy, useEffect, useState } from "react";
import { whenIdle } from "@/components/ui/when-idle";
import { onWaitingToast } from "@/components/ui/toast";

const ToastStack = lazy<ComponentType>(() =>
  import("./toast-stack").then(
    (module) => ({ default: module.ToastStack }),
    // A page without confirmations is better than no page.
    () => ({ default: () => null }),
  ),
);

/** Where short confirmations appear. Loaded when the page rests, so that its live region is there before the first message. */
export function Toaster() {
  const [needed, setNeeded] = useState(false);
  // Effect: the browser's idle time, and toasts from anywhere.
  useEffect(() => {
    const need = () => setNeeded(true);
    const stops = [whenIdle(need), onWaitingToast(need)];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  return needed ? (
    <Suspense fallback={null}>
      <ToastStack />
    </Suspense>
  ) : null;
}
