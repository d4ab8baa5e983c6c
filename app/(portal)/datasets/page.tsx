import type { Metadata } from "next";
import { DatasetList } from "@/components/datasets/dataset-list";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata: Metadata = { title: "Datasets" };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function DatasetsPage({ searchParams }: Props) {
  // The list as it opens; a filtered one is fetched by the page itself.
  if (Object.keys(await searchParams).length === 0) {
    await prefetch(
      serverTrpc.datasets.list.queryOptions({
        classification: [],
        state: [],
        sort: "updatedAt",
        order: "desc",
        cursor: null,
      }),
    );
  }
  return (
    <Hydrate>
      <DatasetList />
    </Hydrate>
  );
}
