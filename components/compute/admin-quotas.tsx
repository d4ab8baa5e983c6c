"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "@/components/ui/toast";
import { CopySnippet } from "@/components/common/copy-snippet";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { ListSkeleton } from "@/components/common/skeletons";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { NativeSelect } from "@/components/ui/select";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { useLive } from "@/components/kit/use-live";
import { amountInWords, resourceInWords } from "@/server/compute/rules";
import { FlavorForm } from "./flavor-form";
import { QuotaEffectView } from "./quota-effect-view";
import { quotaTopic } from "@/server/compute/kinds";

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const GIB = 1024 ** 3;
const unitOf = (resource: string) => (resource === "memory" ? "GiB" : resource === "cpu" ? "cores" : "GPUs");
const toUnit = (resource: string, amount: number) => amount / (resource === "memory" ? GIB : 1000);
const fromUnit = (resource: string, value: number) =>
  Math.round(value * (resource === "memory" ? GIB : 1000));

interface TeamRow {
  id: string;
  name: string;
  base: Record<string, number>;
  quota: Readonly<Record<string, number>>;
  used: Readonly<Record<string, number>>;
}

function TeamsTable({ teams, resources }: { teams: readonly TeamRow[]; resources: readonly string[] }) {
  return (
    <div className="overflow-x-auto rounded-lg border bg-surface">
      <Table label="Quota and usage by team">
        <TableCaption>Quota and usage by team</TableCaption>
        <TableHeader>
          <TableRow>
            <TableHead>Team</TableHead>
            {resources.map((resource) => (
              <TableHead key={resource} className="text-right">
                {capitalised(resourceInWords(resource))}
              </TableHead>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          {teams.map((team) => (
            <TableRow key={team.id}>
              <TableCell className="font-medium">{team.name}</TableCell>
              {resources.map((resource) => (
                <TableCell key={resource} className="text-right whitespace-nowrap tabular-nums">
                  {amountInWords(resource, team.used[resource] ?? 0)} of{" "}
                  {amountInWords(resource, team.quota[resource] ?? 0)}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}

function SetQuota({ teams, resources }: { teams: readonly TeamRow[]; resources: readonly string[] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [teamId, setTeamId] = useState(teams[0]?.id ?? "");
  const [resource, setResource] = useState("cpu");
  const team = teams.find((each) => each.id === teamId);
  const current = toUnit(resource, team?.base[resource] ?? 0);
  const [typed, setTyped] = useState<string>();
  const [reason, setReason] = useState("");
  const value = typed === undefined ? current : Number(typed);
  const valid = typed !== "" && Number.isFinite(value) && value >= 0;
  const changed = valid && value !== current;
  const amount = fromUnit(resource, valid ? value : current);
  const preview = useQuery(
    trpc.compute.quota.preview.queryOptions({ teamId, resource, amount }, { enabled: changed }),
  );
  const set = useMutation(trpc.compute.quota.set.mutationOptions({ meta: { handlesError: true } }));
  const save = async () => {
    try {
      const { warning } = await set.mutateAsync({ teamId, resource, amount, reason });
      toast.success(
        `${team?.name ?? "Team"}: ${amountInWords(resource, amount)} of ${resourceInWords(resource)}`,
        warning ? { description: warning } : {},
      );
      setTyped(undefined);
      setReason("");
      await queryClient.invalidateQueries({ queryKey: trpc.compute.quota.pathKey() });
    } catch (error) {
      toast.error(publicErrorOf(error)?.message ?? "The portal did not answer.");
    }
  };
  return (
    <form
      aria-label="Set a base quota"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed) void save();
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
        <div className="flex flex-col gap-1">
          <Label htmlFor="quota-team">Team</Label>
          <NativeSelect
            id="quota-team"
            value={teamId}
            onChange={(event) => {
              setTeamId(event.target.value);
              setTyped(undefined);
            }}
          >
            {teams.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </NativeSelect>
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor="quota-resource">Resource</Label>
          <NativeSelect
            id="quota-resource"
            value={resource}
            onChange={(event) => {
              setResource(event.target.value);
              setTyped(undefined);
            }}
          >
            {resources.map((each) => (
              <option key={each} value={each}>
                {resourceInWords(each)}
              </option>
            ))}
          </NativeSelect>
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor="quota-amount">Base quota ({unitOf(resource)})</Label>
          <Input
            id="quota-amount"
            type="number"
            min={0}
            step="any"
            value={typed ?? String(current)}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor="quota-reason">Reason (optional)</Label>
          <Input id="quota-reason" value={reason} onChange={(event) => setReason(event.target.value)} />
        </div>
      </div>
      {changed && preview.data ? <QuotaEffectView effect={preview.data} proposed /> : null}
      {changed && preview.error ? <ErrorNotice error={preview.error} /> : null}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" variant="primary" disabled={!changed} pending={set.isPending}>
          Set base quota
        </Button>
        <span className="text-sm text-fg-muted">
          {changed
            ? "Grants by request come on top. Running jobs go on."
            : "Change the amount to see its effect first."}
        </span>
      </div>
    </form>
  );
}

/** Base quotas of all teams, the cluster's GPUs, and what a change would do before it is made. */
export function AdminQuotas() {
  const trpc = useTRPC();
  const query = useQuery(trpc.compute.quota.teams.queryOptions());
  useLive([quotaTopic], [trpc.compute.quota.teams.queryKey()]);
  if (query.error && !query.data)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <ListSkeleton />;
  const { teams, flavors, capacity } = query.data;
  const resources = ["cpu", "memory", ...flavors.map((flavor) => `gpu:${flavor.name}`)];
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        breadcrumbs={[{ label: "Quotas", href: "/quotas" }, { label: "Base quotas" }]}
        title="Base quotas"
        description="What each team may use without asking. CPU, memory and GPUs are what the machines were found to have; GPUs that cannot be found are declared here."
        meta={resources
          .filter((resource) => capacity[resource] !== undefined)
          .map((resource) => (
            <span key={resource}>
              {resourceInWords(resource)}: {amountInWords(resource, capacity[resource] ?? 0)}
            </span>
          ))}
      />
      <Section title="Teams">
        <TeamsTable teams={teams} resources={resources} />
      </Section>
      <Section title="Set a base quota" frame="card">
        <SetQuota teams={teams} resources={resources} />
      </Section>
      <Section
        title="GPUs of the cluster"
        description="What machines were found to have counts by itself. Declare what there is besides; a job that asks for it starts without a device if no machine has one. The local cluster accounts for GPUs, it does not isolate them."
        frame="card"
      >
        <FlavorForm flavors={flavors} />
      </Section>
      <CopySnippet
        title="By script"
        snippets={[
          {
            label: "curl",
            code: `curl -X PUT -H "authorization: Bearer $MODELWORKS_TOKEN" -H "content-type: application/json" \\
  -d '{"amount": 8000, "reason": "new project"}' "$MODELWORKS_URL/api/v1/quota/teams/${teams[0]?.id ?? "team_…"}/cpu"`,
          },
        ]}
      />
    </div>
  );
}
