type More = {
  description?: string;
  /** Where it leads; such a toast stays longer. */
  link?: { label: string; href: string };
};

export type Toast = More & { tone: "success" | "error"; message: string };

const waiting: Toast[] = [];
let show: ((toast: Toast) => void) | undefined;
let wake: (() => void) | undefined;

function push(toast: Toast): void {
  if (show) return show(toast);
  waiting.push(toast);
  wake?.();
}

/** Short confirmations. What draws them is loaded later, so a toast may wait a moment for it. An error never lives in a toast alone. */
export const toast = {
  success: (message: string, more: More = {}) => push({ tone: "success", message, ...more }),
  error: (message: string, more: More = {}) => push({ tone: "error", message, ...more }),
};

/** Called by what draws toasts once it is mounted: what waited is shown, later ones at once. Returns how to let go. */
export function drawToasts(draw: (toast: Toast) => void): () => void {
  show = draw;
  for (const item of waiting.splice(0)) draw(item);
  return () => {
    if (show === draw) show = undefined;
  };
}

/** Tells that a toast is waiting. Returns how to stop listening. */
export function onWaitingToast(listener: () => void): () => void {
  wake = listener;
  if (waiting.length > 0) listener();
  return () => {
    if (wake === listener) wake = undefined;
  };
}
