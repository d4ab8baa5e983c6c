import type { Metadata } from "next";
import { ReviewPage } from "@/components/governance/review-page";
import { Hydrate, prefetch, serverTrpc, titleFrom } from "@/server/house/hydrate";

type Props = { params: Promise<{ reviewId: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { reviewId } = await params;
  const review = serverTrpc.governance.review.queryOptions({ reviewId });
  return titleFrom(review, "Review", ({ title }) => `Review of ${title}`);
}

export default async function Page({ params }: Props) {
  const { reviewId } = await params;
  await prefetch(serverTrpc.governance.review.queryOptions({ reviewId }));
  return (
    <Hydrate>
      <ReviewPage reviewId={reviewId} />
    </Hydrate>
  );
}
