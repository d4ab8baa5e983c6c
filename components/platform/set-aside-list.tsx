"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { DisabledReason } from "@/components/common/disabled-reason";
import { formatBytes, formatNumber } from "@/components/common/format";
import { Section } from "@/components/common/section";
import { TimeAgo } from "@/components/common/time-ago";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { toast } from "@/components/ui/toast";

const REFRESH_MS = 10_000;

/** Predictions that the database refused, with the reason, a way to store them after all, and one to give them up. */
export function SetAsideList() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const can = useCan("platform.work.retry");
  const list = useQuery(
    trpc.monitoring.setAside.queryOptions(
      {},
      { placeholderData: keepPreviousData, refetchInterval: REFRESH_MS },
    ),
  );
  const onSettled = () => queryClient.invalidateQueries({ queryKey: trpc.monitoring.setAside.queryKey() });
  const retry = useMutation(
    trpc.monitoring.retrySetAside.mutationOptions({
      onSettled,
      onSuccess: () => toast.success("It is stored now."),
    }),
  );
  const discard = useMutation(
    trpc.monitoring.discardSetAside.mutationOptions({
      onSettled,
      onSuccess: () => toast.success("It is given up."),
    }),
  );
  const rows = list.data?.items ?? [];
  const reason = can.allowed ? undefined : can.reason;
  return (
    <Section
      title="Predictions set aside"
      id="set-aside"
      frame={rows.length > 0 ? "flush" : "card"}
      description="A prediction that the database refuses three times is kept here, so that those behind it are stored."
    >
      {rows.length === 0 ? (
        <p className="text-fg-muted">{list.data ? "None: every prediction is stored." : "Loading."}</p>
      ) : (
        <Table label="Predictions set aside">
          <TableCaption>
            {formatNumber(list.data?.total ?? 0, 0)} wait, the newest {rows.length} are shown
          </TableCaption>
          <TableHeader>
            <TableRow>
              <TableHead>Prediction</TableHead>
              <TableHead>Reason</TableHead>
              <TableHead className="hidden text-right md:table-cell">Tries</TableHead>
              <TableHead className="hidden text-right md:table-cell">Size</TableHead>
              <TableHead className="hidden sm:table-cell">Since</TableHead>
              <TableHead>Action</TableHead>
            </TableRow>
          </TableHeader>
          <TableBody>
            {rows.map((row) => (
              <TableRow key={row.id}>
                <TableCell>
                  <span className="flex flex-col">
                    <span className="font-mono text-sm break-all">{row.predictionId ?? "unreadable"}</span>
                    <span className="text-sm text-fg-subtle">
                      {[row.deployment, row.team].filter(Boolean).join(", ")}
                    </span>
                  </span>
                </TableCell>
                <TableCell className="max-w-xl text-sm wrap-anywhere text-fg-muted">{row.error}</TableCell>
                <TableCell data-numeric className="hidden text-right md:table-cell">
                  {row.tries}
                </TableCell>
                <TableCell data-numeric className="hidden text-right md:table-cell">
                  {formatBytes(row.bytes)}
                </TableCell>
                <TableCell className="hidden sm:table-cell">
                  <TimeAgo value={row.at} />
                </TableCell>
                <TableCell>
                  <span className="flex gap-2">
                    <DisabledReason reason={reason}>
                      <Button
                        size="sm"
                        disabled={retry.isPending}
                        aria-label={`Retry ${row.predictionId ?? row.id}`}
                        onClick={() => retry.mutate({ id: row.id })}
                      >
                        Retry
                      </Button>
                    </DisabledReason>
                    <DisabledReason reason={reason}>
                      <Button
                        size="sm"
                        disabled={discard.isPending}
                        aria-label={`Discard ${row.predictionId ?? row.id}`}
                        onClick={() => discard.mutate({ id: row.id })}
                      >
                        Discard
                      </Button>
                    </DisabledReason>
                  </span>
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
    </Section>
  );
}
