import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { DatasetPage } from "@/components/datasets/dataset-page";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

type Props = { params: Promise<{ slug: string; number: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug, number } = await params;
  return { title: `${decodeURIComponent(slug)} version ${number}` };
}

export default async function DatasetVersionRoute({ params }: Props) {
  const { slug: given, number: text } = await params;
  const slug = decodeURIComponent(given);
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) notFound();
  await prefetch(
    serverTrpc.datasets.get.queryOptions({ slug }),
    serverTrpc.datasets.versionByNumber.queryOptions({ slug, number }),
  );
  return (
    <Hydrate>
      <DatasetPage slug={slug} number={number} />
    </Hydrate>
  );
}
