import { ReviewQueue } from "@/components/governance/review-queue";
import { Hydrate, prefetch, serverTrpc } from "@/server/api/hydrate";

export const metadata = { title: "Reviews" };

export default async function ReviewsPage() {
  await prefetch(serverTrpc.governance.reviewCounts.queryOptions());
  return (
    <Hydrate>
      <ReviewQueue />
    </Hydrate>
  );
}
