import { StatusBadge } from "@/components/common/status-badge";
import type { GatewayView } from "./types";

const STATUS: Record<GatewayView["state"], { status: string; label: string }> = {
  ready: { status: "serving", label: "Serves it" },
  loading: { status: "deploying", label: "Loading" },
  failed: { status: "failed", label: "Cannot serve it" },
  "crash-looping": { status: "failed", label: "Keeps crashing" },
};

/** Each live gateway, whether it serves the version, and why not. */
export function GatewayList({ gateways, label }: { gateways: readonly GatewayView[]; label: string }) {
  if (gateways.length === 0)
    return (
      <p className="rounded-lg border border-dashed px-4 py-3 text-fg-muted">
        No gateway is running. It goes on by itself when one does.
      </p>
    );
  return (
    <ul aria-label={label} className="flex flex-col divide-y rounded-lg border bg-surface">
      {gateways.map((gateway) => (
        <li key={gateway.id} className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-2">
          <span className="font-mono text-sm">{gateway.name}</span>
          <StatusBadge {...STATUS[gateway.state]} />
          {gateway.reason ? <span className="text-sm text-fg-muted">{gateway.reason}</span> : null}
        </li>
      ))}
    </ul>
  );
}
