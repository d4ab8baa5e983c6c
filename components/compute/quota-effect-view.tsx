"use client";
import Link from "next/link";
import { formatCount } from "@/components/common/format";
import { Callout } from "@/components/ui/callout";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { amountInWords, resourceInWords } from "@/server/compute/rules";
import { jobHref } from "@/server/compute/kinds";

export interface EffectView {
  resource: string;
  capacity: number | null;
  used: number;
  promised: number;
  promisedAfter: number;
  warning: string | null;
  teams: { teamId: string; name: string; quota: number; after: number; used: number }[];
  wouldStart: { id: string; name: string }[];
  wouldNeverStart: { id: string; name: string }[];
}

function JobNames({ jobs }: { jobs: readonly { id: string; name: string }[] }) {
  return (
    <>
      {jobs.slice(0, 5).map((job, index) => (
        <span key={job.id}>
          {index > 0 ? ", " : ""}
          <Link href={jobHref(job.id)} className="text-accent-text hover:underline">
            {job.name}
          </Link>
        </span>
      ))}
      {jobs.length > 5 ? ` and ${jobs.length - 5} more` : ""}
    </>
  );
}

/** What a change of quota does: promises against capacity, team by team, and which waiting jobs it moves. */
export function QuotaEffectView({ effect, proposed }: { effect: EffectView; proposed: boolean }) {
  const { resource } = effect;
  const words = (amount: number) => amountInWords(resource, amount);
  const over = effect.capacity === null ? 0 : effect.promisedAfter - effect.capacity;
  return (
    <div className="flex flex-col gap-3">
      <Callout
        tone={over > 0 ? "warning" : "info"}
        title={
          effect.capacity === null
            ? "The cluster's capacity is not stated"
            : over > 0 && effect.capacity === 0
              ? `No machine has ${resourceInWords(resource)}`
              : over > 0
                ? `${words(over)} more ${proposed ? "would be" : "are"} promised than the cluster has`
                : `${words(-over)} of ${words(effect.capacity)} ${proposed ? "would stay" : "are"} unpromised`
        }
      >
        <p>
          {resourceInWords(resource)}: all teams together may use {words(effect.promised)} now
          {proposed ? ` and ${words(effect.promisedAfter)} then` : ""}; {words(effect.used)} is in use.
        </p>
        {effect.warning ? <p>{effect.warning}</p> : null}
        {effect.wouldStart.length > 0 ? (
          <p>
            {formatCount(effect.wouldStart.length, "waiting job")} would start at once:{" "}
            <JobNames jobs={effect.wouldStart} />
          </p>
        ) : null}
        {effect.wouldNeverStart.length > 0 ? (
          <p>
            {formatCount(effect.wouldNeverStart.length, "waiting job")} could never start:{" "}
            <JobNames jobs={effect.wouldNeverStart} />
          </p>
        ) : null}
      </Callout>
      <div className="overflow-hidden rounded-lg border bg-surface">
        <Table label="Effect by team">
          <TableCaption>Effect by team</TableCaption>
          <TableHeader>
            <TableRow>
              <TableHead>Team</TableHead>
              <TableHead className="text-right">In use</TableHead>
              <TableHead className="text-right">Quota</TableHead>
              {proposed ? <TableHead className="text-right">Then</TableHead> : null}
            </TableRow>
          </TableHeader>
          <TableBody>
            {effect.teams.map((team) => (
              <TableRow key={team.teamId}>
                <TableCell className={team.after === team.quota ? undefined : "font-semibold"}>
                  {team.name}
                </TableCell>
                <TableCell className="text-right tabular-nums">
                  {words(team.used)}
                  {team.used > team.after ? " (over)" : ""}
                </TableCell>
                <TableCell className="text-right tabular-nums">{words(team.quota)}</TableCell>
                {proposed ? (
                  <TableCell className="text-right tabular-nums">
                    {team.after === team.quota ? "unchanged" : words(team.after)}
                  </TableCell>
                ) : null}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </div>
    </div>
  );
}
