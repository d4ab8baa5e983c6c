"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, Undo2, X } from "lucide-react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatDateTime } from "@/components/common/format";
import { KeyValue } from "@/components/common/key-value";
import { NotFoundState } from "@/components/common/not-found-state";
import { OwnerChip } from "@/components/common/owner-chip";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { DetailSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useCan, useSession } from "@/components/kit/use-can";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { useLive } from "@/components/kit/use-live";
import { amountInWords, mayDecideQuota } from "@/server/compute/rules";
import { AuditTimeline } from "./job-timeline";
import { QuotaEffectView } from "./quota-effect-view";
import { quotaTopic } from "@/server/compute/kinds";

interface RequestView {
  id: string;
  state: string;
  requestedBy: string;
  flavor: string;
  amountMilli: number;
  teamName: string;
  effect: { warning: string | null };
}

function Decision(props: {
  request: RequestView;
  decision: "approve" | "reject";
  blocked: string | undefined;
}) {
  const { request, decision, blocked } = props;
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const decide = useMutation(trpc.compute.quota.decide.mutationOptions({ meta: { handlesError: true } }));
  const approve = decision === "approve";
  const what = `${amountInWords(`gpu:${request.flavor}`, request.amountMilli)} of ${request.flavor}`;
  const button = (
    <Button variant={approve ? "primary" : "secondary"}>
      {approve ? <Check aria-hidden /> : <X aria-hidden />} {approve ? "Approve" : "Reject"}
    </Button>
  );
  if (blocked) return <DisabledReason reason={blocked}>{button}</DisabledReason>;
  return (
    <ConfirmDialog
      trigger={button}
      title={approve ? `Grant ${what} to ${request.teamName}?` : `Reject the request of ${request.teamName}?`}
      consequence={
        approve
          ? [
              request.effect.warning,
              "It is applied at once and ends by itself. Your name and reason are recorded.",
            ]
              .filter(Boolean)
              .join(" ")
          : "The team keeps the quota it has. Your name and reason are recorded."
      }
      confirmLabel={approve ? "Approve request" : "Reject request"}
      tone={approve ? "primary" : "danger"}
      reason={{ label: "Reason", required: true }}
      onConfirm={async (reason) => {
        await decide.mutateAsync({ id: request.id, decision, reason });
        await queryClient.invalidateQueries({ queryKey: trpc.compute.quota.pathKey() });
      }}
    />
  );
}

function Withdraw({ request }: { request: RequestView }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const withdraw = useMutation(trpc.compute.quota.withdraw.mutationOptions({ meta: { handlesError: true } }));
  return (
    <ConfirmDialog
      trigger={
        <Button>
          <Undo2 aria-hidden /> Withdraw
        </Button>
      }
      title="Withdraw this request?"
      consequence="Nobody decides on it any more. You can ask again."
      confirmLabel="Withdraw request"
      onConfirm={async () => {
        await withdraw.mutateAsync({ id: request.id });
        await queryClient.invalidateQueries({ queryKey: trpc.compute.quota.pathKey() });
      }}
    />
  );
}

function Actions({ request }: { request: RequestView }) {
  const session = useSession();
  const can = useCan("compute.quota.decide");
  const ask = useCan("compute.quota.request");
  if (request.state !== "open" || !session.data) return null;
  const me = { userId: session.data.me.id, isPlatformAdmin: session.data.me.isPlatformAdmin };
  const verdict = mayDecideQuota(me, request);
  const blocked = verdict.reason ?? can.reason;
  return (
    <>
      {request.requestedBy === me.userId && ask.allowed ? <Withdraw request={request} /> : null}
      <Decision request={request} decision="reject" blocked={blocked} />
      <Decision request={request} decision="approve" blocked={blocked} />
    </>
  );
}

/** A quota request as its decider sees it: what, why, effect on everyone, and the decision. */
export function QuotaRequestPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.compute.quota.request.queryOptions({ id }));
  useLive([quotaTopic], [trpc.compute.quota.request.queryKey({ id })]);
  const session = useSession();
  if (publicErrorOf(query.error)?.code === "not_found") return <NotFoundState what="This request" />;
  if (query.error && !query.data)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  const request = query.data;
  if (!request) return <DetailSkeleton />;
  const own = session.data?.me.id === request.requestedBy;
  const open = request.state === "open";
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        breadcrumbs={[{ label: "Quotas", href: "/quotas" }, { label: "Request" }]}
        title={`${amountInWords(`gpu:${request.flavor}`, request.amountMilli)} of ${request.flavor} for ${request.teamName}`}
        status={<StatusBadge status={request.state} />}
        meta={
          <>
            <OwnerChip name={request.requesterName} />
            <span>
              asked <TimeAgo value={request.createdAt} />
            </span>
            <span>until {formatDateTime(request.until, "UTC")} UTC</span>
          </>
        }
        actions={<Actions request={request} />}
      />
      {open && own && session.data?.me.isPlatformAdmin ? (
        <Callout tone="info" title="You asked for this, so another platform administrator decides">
          Four eyes hold for quota too, whatever role you have.
        </Callout>
      ) : null}
      {request.decisionReason ? (
        <Callout
          tone={request.state === "rejected" ? "negative" : "positive"}
          title={`${request.state === "rejected" ? "Rejected" : "Approved"} by ${request.deciderName ?? "a platform administrator"}`}
        >
          {request.decisionReason}
        </Callout>
      ) : null}
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-6">
          <Section title="Why" frame="card">
            <p className="break-words whitespace-pre-wrap">{request.why}</p>
          </Section>
          <Section title={open ? "Effect of approving" : "Now"}>
            <QuotaEffectView effect={request.effect} proposed={open} />
          </Section>
        </div>
        <div className="flex min-w-0 flex-col gap-6">
          <Section title="Request" frame="card">
            <KeyValue
              items={[
                { label: "Amount", value: amountInWords(`gpu:${request.flavor}`, request.amountMilli) },
                { label: "Flavor", value: request.flavor },
                { label: "Team", value: request.teamName },
                { label: "Until", value: `${formatDateTime(request.until, "UTC")} UTC` },
                { label: "Applied", value: request.appliedAt ? <TimeAgo value={request.appliedAt} /> : "–" },
                { label: "Ended", value: request.expiredAt ? <TimeAgo value={request.expiredAt} /> : "–" },
              ]}
            />
            <p className="mt-2 text-sm text-fg-subtle">Accounted, not isolated, by the local cluster.</p>
          </Section>
          <Section title="Timeline">
            <AuditTimeline events={request.timeline} />
          </Section>
        </div>
      </div>
    </div>
  );
}
