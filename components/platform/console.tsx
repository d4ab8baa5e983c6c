"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { CopySnippet } from "@/components/common/copy-snippet";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatBytes, formatMilli, formatNumber } from "@/components/common/format";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { ListSkeleton } from "@/components/common/skeletons";
import { StatTile } from "@/components/common/stat-tile";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { Callout } from "@/components/ui/callout";
import { ISOLATION_WORDS } from "@/server/compute/rules";
import { useTRPC } from "@/components/kit/trpc";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { teamHref } from "@/server/identity/kinds";

const REFRESH_MS = 3_000;

interface Process {
  id: string;
  kind: string;
  host: string;
  pid: number;
  version: string;
  startedAt: Date;
  seenAt: Date;
  isAlive: boolean;
  info: Record<string, unknown>;
}

/** What a process says of itself: `spoolBytes: 2048` becomes "spool 2 KiB". */
const infoWords = (info: Record<string, unknown>) =>
  Object.entries(info)
    .map(([key, value]) => {
      const name = key.replace(/Bytes$/u, "").replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
      if (typeof value === "number")
        return `${name} ${key.endsWith("Bytes") ? formatBytes(value) : formatNumber(value)}`;
      return `${name} ${value !== null && typeof value === "object" ? Object.keys(value).length : String(value)}`;
    })
    .join(" · ");

function Processes({ rows }: { rows: readonly Process[] }) {
  const weak = rows
    .filter((row) => row.isAlive)
    .map((row) => ISOLATION_WORDS[String(row.info.jobIsolation)])
    .find((words) => words?.isWeak);
  return (
    <Section
      title="Processes"
      frame="flush"
      description="Each says every 2 s that it lives; after 10 s of silence others take over its work."
    >
      {weak ? (
        <div className="p-3">
          <Callout tone="warning" title="Jobs are not isolated on a worker's machine">
            {`${weak.promise} Start the launcher as root, or allow user namespaces, and start it again.`}
          </Callout>
        </div>
      ) : null}
      <Table label="Processes">
        <TableCaption>Processes seen in the last day</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead>Kind</TableHead>
            <TableHead>State</TableHead>
            <TableHead className="hidden sm:table-cell">Host and pid</TableHead>
            <TableHead className="hidden lg:table-cell">Version</TableHead>
            <TableHead className="hidden md:table-cell">Started</TableHead>
            <TableHead>Last seen</TableHead>
            <TableHead className="hidden lg:table-cell">Info</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={row.id}>
              <TableCell className="font-medium">{row.kind}</TableCell>
              <TableCell>
                <StatusBadge
                  status={row.isAlive ? "live" : "lost"}
                  label={row.isAlive ? "Alive" : "Silent"}
                />
              </TableCell>
              <TableCell className="hidden font-mono text-sm sm:table-cell">
                {row.host}:{row.pid}
              </TableCell>
              <TableCell className="hidden lg:table-cell">{row.version}</TableCell>
              <TableCell className="hidden md:table-cell">
                <TimeAgo value={row.startedAt} />
              </TableCell>
              <TableCell>
                <TimeAgo value={row.seenAt} />
              </TableCell>
              <TableCell className="hidden text-sm text-fg-muted lg:table-cell">
                {infoWords(row.info)}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Section>
  );
}

interface QueueRow {
  teamId: string;
  team: string;
  queued: number;
  preparing: number;
  running: number;
  oldestQueuedAt: Date | null;
}
interface JobRow {
  id: string;
  name: string;
  team: string;
  state: string;
  reasonText: string;
  owner: string | null;
  cpuMilli: number;
  memoryBytes: number;
  createdAt: Date;
}

function Queues({ rows }: { rows: readonly QueueRow[] }) {
  return (
    <Section title="Queues by team" frame={rows.length > 0 ? "flush" : "card"}>
      {rows.length === 0 ? <p className="text-fg-muted">No team has a job waiting or running.</p> : null}
      {rows.length > 0 ? (
        <Table label="Queues by team">
          <TableCaption>Jobs that have not ended, by team</TableCaption>
          <TableHeader>
            <TableRow>
              <TableHead>Team</TableHead>
              <TableHead className="text-right">Running</TableHead>
              <TableHead className="text-right">Preparing</TableHead>
              <TableHead className="text-right">Queued</TableHead>
              <TableHead className="hidden sm:table-cell">Oldest waiting</TableHead>
            </TableRow>
          </TableHeader>
          <TableBody>
            {rows.map((row) => (
              <TableRow key={row.teamId}>
                <TableCell>
                  <Link className="text-accent-text hover:underline" href={teamHref(row.teamId)}>
                    {row.team}
                  </Link>
                </TableCell>
                <TableCell data-numeric className="text-right">
                  {row.running}
                </TableCell>
                <TableCell data-numeric className="text-right">
                  {row.preparing}
                </TableCell>
                <TableCell data-numeric className="text-right">
                  {row.queued}
                </TableCell>
                <TableCell className="hidden sm:table-cell">
                  {row.oldestQueuedAt ? <TimeAgo value={row.oldestQueuedAt} /> : "–"}
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      ) : null}
    </Section>
  );
}

function RunningJobs({ rows }: { rows: readonly JobRow[] }) {
  if (rows.length === 0) return null;
  return (
    <Section title="Jobs of all teams" frame="flush">
      <Table label="Jobs of all teams">
        <TableCaption>Jobs that have not ended, of all teams</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead>Job</TableHead>
            <TableHead>State</TableHead>
            <TableHead className="hidden sm:table-cell">Team</TableHead>
            <TableHead className="hidden md:table-cell">Owner</TableHead>
            <TableHead className="hidden text-right lg:table-cell">Resources</TableHead>
            <TableHead className="hidden lg:table-cell">Dispatched</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={row.id}>
              <TableCell className="font-medium">{row.name}</TableCell>
              <TableCell>
                <StatusBadge status={row.state} />
                {row.state === "queued" ? (
                  <span className="block text-sm text-fg-muted">{row.reasonText}</span>
                ) : null}
              </TableCell>
              <TableCell className="hidden sm:table-cell">{row.team}</TableCell>
              <TableCell className="hidden md:table-cell">{row.owner ?? "Modelworks"}</TableCell>
              <TableCell data-numeric className="hidden text-right lg:table-cell">
                {formatMilli(row.cpuMilli)} CPU · {formatBytes(row.memoryBytes)}
              </TableCell>
              <TableCell className="hidden lg:table-cell">
                <TimeAgo value={row.createdAt} />
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Section>
  );
}

/** The platform at a glance: processes, queues, jobs of all teams, and what needs an administrator. */
export function Console({ host }: { host: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(
    trpc.platform.console.queryOptions(undefined, { refetchInterval: REFRESH_MS }),
  );
  const notice = error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null;
  if (!data) return notice ?? <ListSkeleton />;
  const { counts } = data;
  return (
    <div className="flex min-w-0 flex-col gap-6">
      {notice}
      <PageHeader title="Console" description="The whole factory, across all teams. Refreshed every 3 s." />
      <div className="grid grid-cols-2 gap-3 xl:grid-cols-5">
        <StatTile
          label="People"
          href="/admin/users"
          value={formatNumber(counts.people, 0)}
          note={`${counts.disabled} disabled`}
        />
        <StatTile label="Teams" href="/admin/teams" value={formatNumber(counts.teams, 0)} />
        <StatTile
          label="Quota requests"
          href="/quotas"
          value={formatNumber(counts.quotaRequests, 0)}
          note="wait for a decision"
        />
        <StatTile
          label="Work waiting"
          href="/admin/work?state=pending"
          value={formatNumber(counts.pendingWork, 0)}
          note="deliveries"
        />
        <StatTile
          label="Dead letters"
          href="/admin/work?state=dead"
          value={formatNumber(counts.deadLetters, 0)}
          note={counts.deadLetters > 0 ? "need a retry" : "none"}
        />
      </div>
      <Processes rows={data.processes} />
      <Queues rows={data.queues} />
      <RunningJobs rows={data.jobs} />
      <CopySnippet
        title="Get this by API"
        snippets={[
          {
            label: "curl",
            code: `curl -H "authorization: Bearer $MODELWORKS_TOKEN" "${host}/api/v1/platform/console"`,
          },
        ]}
      />
    </div>
  );
}
