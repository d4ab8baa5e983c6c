import { RunPage } from "@/components/experiments/run-page";

export const metadata = { title: "Run" };

export default async function ExperimentRunPage({ params }: { params: Promise<{ runId: string }> }) {
  const { runId } = await params;
  return <RunPage runId={runId} />;
}
