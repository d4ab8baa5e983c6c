"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatDuration } from "@/components/common/format";
import { Section } from "@/components/common/section";
import { useTRPC } from "@/components/kit/trpc";
import { Label } from "@/components/ui/label";
import { NativeSelect } from "@/components/ui/select";
import { ALERT_KIND_NAMES, ALERT_KINDS, takingRoute, type AlertKind } from "@/server/monitoring/alerts/rules";
import type { AlertRoute } from "@/server/monitoring/alerts/telling/schemas";

/** How long an alert waits for others before it is told. */
export const waitWords = (seconds: number): string =>
  seconds === 0 ? "at once" : `after ${formatDuration(seconds * 1_000)}`;

const list = (parts: readonly string[]) => parts.join(", ") || "nobody";

/** Who would be told of an alert, by the routes as they are typed; by those that are saved where none are. */
export function RoutingPreview({ routes: typed }: { routes: AlertRoute[] | "wrong" | null }) {
  const isWrong = typed === "wrong";
  const routes = isWrong ? null : typed;
  const trpc = useTRPC();
  const [kind, setKind] = useState<AlertKind>("errors");
  const [severity, setSeverity] = useState<"critical" | "warning">("critical");
  const index = routes ? takingRoute(routes, { kind, severity }) : null;
  // Of the typed routes only the one that takes it is sent: all of them can be longer than an address may be.
  const taking = routes && index !== null ? routes.slice(index, index + 1) : undefined;
  const preview = useQuery(
    trpc.monitoring.previewRouting.queryOptions(
      { kind, severity, routes: index === -1 ? [] : taking },
      { placeholderData: keepPreviousData, enabled: !isWrong },
    ),
  );
  const told = preview.data;
  const place = index ?? told?.routeIndex ?? -1;
  return (
    <Section title="This alert would go to" frame="card">
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap gap-3">
          <div className="flex flex-col gap-1">
            <Label htmlFor="preview-kind">Kind</Label>
            <NativeSelect
              id="preview-kind"
              value={kind}
              onChange={(event) =>
                setKind(ALERT_KIND_NAMES.find((each) => each === event.target.value) ?? kind)
              }
            >
              {ALERT_KIND_NAMES.map((each) => (
                <option key={each} value={each}>
                  {ALERT_KINDS[each]}
                </option>
              ))}
            </NativeSelect>
          </div>
          <div className="flex flex-col gap-1">
            <Label htmlFor="preview-severity">Severity</Label>
            <NativeSelect
              id="preview-severity"
              value={severity}
              onChange={(event) => setSeverity(event.target.value === "warning" ? "warning" : "critical")}
            >
              <option value="critical">Critical</option>
              <option value="warning">Warning</option>
            </NativeSelect>
          </div>
        </div>
        {preview.error ? <ErrorNotice error={preview.error} onRetry={() => void preview.refetch()} /> : null}
        {isWrong ? (
          <p className="text-fg-muted">Something in the routes is missing or wrong. Correct it to see who.</p>
        ) : null}
        {told && !isWrong ? (
          <ul aria-live="polite" className="flex flex-col gap-1">
            <li>
              {place < 0 ? "No route takes it, so the built-in one does: " : `Route ${place + 1}: `}
              {list([
                ...(told.toOwner ? ["the owner"] : []),
                ...told.people.map(({ name }) => name),
                ...(told.toReceiver ? ["the operator's receiver"] : []),
              ])}
              , {waitWords(told.groupWaitSeconds)}
              {told.repeatMinutes === null
                ? ", once"
                : `, and again every ${formatDuration(told.repeatMinutes * 60_000)} until acknowledged`}
              .
            </li>
            {told.escalation.map((level) => (
              <li key={level.afterMinutes}>
                After {formatDuration(level.afterMinutes * 60_000)} without an acknowledgement:{" "}
                {list(level.people.map(({ name }) => name))}.
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </Section>
  );
}
