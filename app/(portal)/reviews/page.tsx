import { ReviewQueue } from "@/components/governance/review-queue";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";
import { REVIEW_TABS } from "@/server/governance/rules";

export const metadata = { title: "Reviews" };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function ReviewsPage({ searchParams }: Props) {
  const params = await searchParams;
  const one = (name: string) => (typeof params[name] === "string" ? params[name] : undefined);
  const environments = one("environment")?.split(",") ?? [];
  const input = {
    tab: REVIEW_TABS.find((tab) => tab === one("tab")) ?? ("team" as const),
    search: one("q") ?? "",
    environment: environments.at(-1) || undefined,
    cursor: one("after") ?? null,
  };
  await prefetch(
    serverTrpc.governance.reviewCounts.queryOptions(),
    serverTrpc.governance.reviews.queryOptions(input),
  );
  return (
    <Hydrate>
      <ReviewQueue />
    </Hydrate>
  );
}
