import { JobPage } from "@/components/compute/job-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/api/hydrate";

export const metadata = { title: "Job" };

export default async function JobDetailPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  await prefetch(serverTrpc.compute.job.get.queryOptions({ id }));
  return (
    <Hydrate>
      <JobPage id={id} />
    </Hydrate>
  );
}
