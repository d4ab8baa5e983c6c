import { ComparePage } from "@/components/experiments/compare-page";

export const metadata = { title: "Compare runs" };

export default async function CompareRunsPage({ params }: { params: Promise<{ experimentId: string }> }) {
  const { experimentId } = await params;
  return <ComparePage experimentId={experimentId} />;
}
