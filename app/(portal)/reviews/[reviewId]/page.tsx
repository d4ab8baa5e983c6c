import { ReviewScreen } from "@/components/governance/review-screen";
import { Hydrate, prefetch, serverTrpc } from "@/server/api/hydrate";

export const metadata = { title: "Review" };

export default async function ReviewPage({ params }: { params: Promise<{ reviewId: string }> }) {
  const { reviewId } = await params;
  await prefetch(serverTrpc.governance.review.queryOptions({ reviewId }));
  return (
    <Hydrate>
      <ReviewScreen reviewId={reviewId} />
    </Hydrate>
  );
}
