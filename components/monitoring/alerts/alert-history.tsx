import { Bell, BellRing, Check, Eye, Send } from "lucide-react";
import { Timeline } from "@/components/common/timeline";
import { ALERT_HISTORY } from "@/server/monitoring/alerts/rules";
import { toldWords } from "./alert-telling";
import type { Alert } from "./types";

const ACTS: Record<string, { text: string; icon: typeof Bell }> = {
  "monitoring.alert.raise": { text: "raised the alert", icon: Bell },
  "monitoring.alert.tell": { text: "told whom it concerns", icon: Send },
  "monitoring.alert.acknowledge": { text: "acknowledged it", icon: Eye },
  "monitoring.alert.resolve": { text: "resolved it", icon: Check },
  "monitoring.alert.escalate": { text: "told the next level", icon: BellRing },
};

/** What happened, in words; an escalation of long ago does not say to whom. */
function actWords({ action, told }: Alert["history"][number]): string {
  const isEscalation = action === "monitoring.alert.escalate";
  const isKnown = told !== null && (told.people.length > 0 || !isEscalation);
  return isKnown ? toldWords(told, isEscalation) : (ACTS[action]?.text ?? action);
}

/** What happened to an alert, newest first. */
export function AlertHistory({ alert }: { alert: Pick<Alert, "title" | "history"> }) {
  const { length } = alert.history;
  return (
    <details>
      <summary className="min-h-6 cursor-default text-sm text-fg-muted">
        History ({length < ALERT_HISTORY ? length : `the latest ${length}`})
      </summary>
      <div className="pt-3">
        <Timeline
          label={`History of ${alert.title}`}
          entries={alert.history.map((entry) => ({
            id: entry.id,
            at: entry.at,
            actor: entry.actorName,
            text: actWords(entry),
            icon: ACTS[entry.action]?.icon,
            detail: entry.reason,
          }))}
        />
      </div>
    </details>
  );
}
