import type { Metadata } from "next";
import { Hydrate, prefetch, serverTrpc, titleFrom } from "@/server/house/hydrate";
import { RunWithRegistry } from "./run-with-registry";

type Props = { params: Promise<{ runId: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { runId } = await params;
  return titleFrom(serverTrpc.experiments.run.queryOptions({ runId }), "Run", (run) => `Run ${run.name}`);
}

export default async function ExperimentRunPage({ params }: Props) {
  const { runId } = await params;
  await prefetch(serverTrpc.experiments.run.queryOptions({ runId }));
  return (
    <Hydrate>
      <RunWithRegistry runId={runId} />
    </Hydrate>
  );
}
