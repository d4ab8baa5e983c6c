"use client";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDashed } from "lucide-react";
import Link from "next/link";
import { CopySnippet } from "@/components/common/copy-snippet";
import { Section } from "@/components/common/section";
import { useTRPC } from "@/components/kit/trpc";
import { buttonVariants } from "@/components/ui/button";
import { runHref } from "@/server/experiments/kinds";

interface First {
  hasToken: boolean;
  hasRun: boolean;
  hasMetric: boolean;
  latestRun: { id: string; experimentId: number } | null;
}

/** While the guide waits for the first metric it asks again by itself: a first run has no topic to listen to yet. */
const ASK_MS = 2_000;

const snippetOf = (
  host: string,
) => `# pip install mlflow; export MLFLOW_TRACKING_URI=${host} MLFLOW_TRACKING_TOKEN=mw_…
import mlflow
mlflow.set_experiment("first-steps")
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.9)`;

function Step({ done, now, children }: { done: boolean; now: boolean; children: React.ReactNode }) {
  const Icon = done ? CircleCheck : CircleDashed;
  return (
    <li aria-current={now ? "step" : undefined} className="flex items-start gap-2">
      <Icon aria-hidden className={done ? "mt-0.5 size-4 text-positive" : "mt-0.5 size-4 text-fg-subtle"} />
      <div className="min-w-0 flex-1">
        <span className="sr-only">{done ? "Done: " : now ? "Next: " : "To do: "}</span>
        {children}
      </div>
    </li>
  );
}

/** From nothing to a first metric in four lines; ticks itself off as it happens. */
export function FirstRunGuide({ first, host }: { first: First; host: string }) {
  const trpc = useTRPC();
  useQuery(trpc.platform.home.queryOptions(undefined, { refetchInterval: first.hasMetric ? false : ASK_MS }));
  return (
    <Section
      title="Your first run"
      frame="card"
      description="Any MLflow script works as it is: set the address and a token."
    >
      <ol className="flex min-w-0 flex-col gap-4">
        <Step done={first.hasToken} now={!first.hasToken}>
          <p className="flex flex-wrap items-center gap-2">
            {first.hasToken ? "You have an API token." : "Make an API token that may log runs."}
            {first.hasToken ? null : (
              <Link
                href="/settings/tokens?new"
                className={buttonVariants({ size: "sm", variant: "primary" })}
              >
                Create token
              </Link>
            )}
          </p>
        </Step>
        <Step done={first.hasRun} now={first.hasToken && !first.hasRun}>
          <p className="pb-2">Run four lines of Python, with the token in the place of mw_….</p>
          <CopySnippet snippets={[{ label: "Python", code: snippetOf(host) }]} />
        </Step>
        <Step done={first.hasMetric} now={first.hasRun && !first.hasMetric}>
          <p aria-live="polite">
            {first.hasMetric ? "The first metric has arrived." : "Waiting for the first metric…"}
          </p>
        </Step>
        {first.hasMetric && first.latestRun ? (
          <Step done={false} now>
            <p className="flex flex-wrap items-center gap-2">
              See it, then train a model that can be served.
              <Link
                className={buttonVariants({ size: "sm", variant: "primary" })}
                href={runHref(first.latestRun.experimentId, first.latestRun.id)}
              >
                Open the run
              </Link>
              <Link className={buttonVariants({ size: "sm" })} href="/templates">
                Launch a template
              </Link>
            </p>
          </Step>
        ) : null}
      </ol>
    </Section>
  );
}
