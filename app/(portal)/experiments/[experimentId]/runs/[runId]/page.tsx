import { RunScreen } from "./run-screen";

export const metadata = { title: "Run" };

export default async function ExperimentRunPage({ params }: { params: Promise<{ runId: string }> }) {
  const { runId } = await params;
  return <RunScreen runId={runId} />;
}
