import { useEffect } from "react";

/** Runs `work` once the page has loaded and rests, so that it never competes with the first paint. Returns how to call it off. */
export function whenIdle(work: () => void): () => void {
  let handle: number | undefined;
  // Safari has no idle callbacks; a short timer after the load event does.
  const schedule = () => {
    handle =
      typeof window.requestIdleCallback === "function"
        ? window.requestIdleCallback(work, { timeout: 2000 })
        : window.setTimeout(work, 200);
  };
  if (document.readyState === "complete") schedule();
  else window.addEventListener("load", schedule, { once: true });
  return () => {
    window.removeEventListener("load", schedule);
    if (handle === undefined) return;
    if (typeof window.cancelIdleCallback === "function") window.cancelIdleCallback(handle);
    else window.clearTimeout(handle);
  };
}

/** Fetches parts that are needed later as soon as the page rests. `load` must keep its identity: declare it beside the component. */
export function usePreload(load: () => Promise<unknown>): void {
  // Effect: the network. A part that could not be fetched now is asked for again when it is used.
  useEffect(() => whenIdle(() => void load().catch(() => undefined)), [load]);
}
