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

function Step({ done, children }: { done: boolean; children: React.ReactNode }) {
  const Icon = done ? CircleCheck : CircleDashed;
  return (
    <li className="flex items-start gap-2">
      <Icon aria-hidden className={done ? "mt-0.5 size-4 text-positive" : "mt-0.5 size-4 text-fg-subtle"} />
      <div className="min-w-0 flex-1">
        <span className="sr-only">{done ? "Done: " : "To do: "}</span>
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
        <Step done={first.hasToken}>
          <p className="flex flex-wrap items-center gap-2">
            Create an API token with the scope “track”.
            {first.hasToken ? null : (
              <Link href="/settings/tokens" className={buttonVariants({ size: "sm" })}>
                Create token
              </Link>
            )}
          </p>
        </Step>
        <Step done={first.hasRun}>
          <p className="pb-2">Run four lines of Python.</p>
          <CopySnippet snippets={[{ label: "Python", code: snippetOf(host) }]} />
        </Step>
        <Step done={first.hasMetric}>
          <p aria-live="polite">
            {first.hasMetric && first.latestRun ? (
              <>
                The first metric has arrived.{" "}
                <Link
                  className="text-accent-text hover:underline"
                  href={runHref(first.latestRun.experimentId, first.latestRun.id)}
                >
                  Open the run
                </Link>
              </>
            ) : (
              "Waiting for the first metric…"
            )}
          </p>
        </Step>
      </ol>
    </Section>
  );
}
