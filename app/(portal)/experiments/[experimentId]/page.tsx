import { RunsList } from "@/components/experiments/runs-list";

export const metadata = { title: "Experiment" };

export default async function ExperimentPage({ params }: { params: Promise<{ experimentId: string }> }) {
  const { experimentId } = await params;
  return <RunsList experimentId={experimentId} />;
}
