import type { Metadata } from "next";
import { DatasetPage } from "@/components/datasets/dataset-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

type Props = { params: Promise<{ slug: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).slug) };
}

export default async function DatasetRoute({ params }: Props) {
  const slug = decodeURIComponent((await params).slug);
  await prefetch(
    serverTrpc.datasets.get.queryOptions({ slug }),
    serverTrpc.datasets.versionByNumber.queryOptions({ slug, number: undefined }),
  );
  return (
    <Hydrate>
      <DatasetPage slug={slug} />
    </Hydrate>
  );
}
