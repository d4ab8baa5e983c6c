"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { RowsSkeleton } from "@/components/common/skeletons";
import { TimeAgo } from "@/components/common/time-ago";
import { useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";
import { browserName } from "./browser-name";

/** Where the person is signed in, and the way to end what they do not know. */
export function BrowserSessions() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const sessions = useQuery(trpc.identity.sessions.queryOptions());
  const refetch = () => queryClient.invalidateQueries({ queryKey: trpc.identity.sessions.queryKey() });
  const end = useMutation(trpc.identity.endSession.mutationOptions({ onSettled: refetch }));
  const endOthers = useMutation(
    trpc.identity.endOtherSessions.mutationOptions({
      onSettled: refetch,
      onSuccess: ({ ended }) => toast.success(ended === 1 ? "1 session ended" : `${ended} sessions ended`),
    }),
  );
  const items = sessions.data?.items ?? [];
  const others = items.filter((item) => !item.isThis).length;
  return (
    <Section
      title="Where you are signed in"
      description="A session ends when you sign out, after twelve hours, or here: at once, with whatever copied its cookie."
      actions={
        others > 1 ? (
          <Button size="sm" disabled={endOthers.isPending} onClick={() => endOthers.mutate({})}>
            End the others
          </Button>
        ) : null
      }
    >
      {sessions.error ? <ErrorNotice error={sessions.error} onRetry={() => void sessions.refetch()} /> : null}
      {sessions.isPending ? <RowsSkeleton rows={2} /> : null}
      {items.length > 0 ? (
        <ul className="divide-y rounded-lg border bg-surface" aria-label="Sessions">
          {items.map((item) => (
            <li key={item.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-center gap-2 font-medium">
                  {browserName(item.userAgent)}
                  {item.isThis ? <Badge tone="positive">This browser</Badge> : null}
                </p>
                <p className="flex flex-wrap gap-x-3 text-sm text-fg-muted">
                  <span>
                    signed in <TimeAgo value={item.createdAt} />{" "}
                    {item.method === "oidc" ? "by single sign-on" : "by password"}
                  </span>
                  <span>
                    ends <TimeAgo value={item.expiresAt} />
                  </span>
                </p>
              </div>
              {item.isThis ? null : (
                <Button
                  size="sm"
                  disabled={end.isPending}
                  aria-label={`End the session in ${browserName(item.userAgent)}`}
                  onClick={() => end.mutate({ sessionId: item.id })}
                >
                  End
                </Button>
              )}
            </li>
          ))}
        </ul>
      ) : null}
    </Section>
  );
}
