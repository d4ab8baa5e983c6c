import type { Metadata } from "next";
import { JobPage } from "@/components/compute/job-page";
import { Hydrate, prefetch, serverTrpc, titleFrom } from "@/server/house/hydrate";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { id } = await params;
  return titleFrom(serverTrpc.compute.job.get.queryOptions({ id }), "Job", (job) => `Job ${job.name}`);
}

export default async function JobDetailPage({ params }: Props) {
  const { id } = await params;
  await prefetch(serverTrpc.compute.job.get.queryOptions({ id }));
  return (
    <Hydrate>
      <JobPage id={id} />
    </Hydrate>
  );
}
