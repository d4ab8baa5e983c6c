import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";
import { VersionWithGates } from "../../../with-gates";

type Props = { params: Promise<{ name: string; number: string }> };

async function keyOf({ params }: Props) {
  const { name, number } = await params;
  return { name: decodeURIComponent(name), number: Number(number) };
}

export async function generateMetadata(props: Props): Promise<Metadata> {
  const { name, number } = await keyOf(props);
  return { title: `${name} v${number}` };
}

export default async function Page(props: Props) {
  const { name, number } = await keyOf(props);
  if (!Number.isInteger(number) || number < 1) notFound();
  await prefetch(
    serverTrpc.registry.version.queryOptions({ name, version: number }),
    serverTrpc.registry.lineage.queryOptions({ name, version: number }),
    serverTrpc.registry.timeline.queryOptions({ name }),
  );
  return (
    <Hydrate>
      <VersionWithGates name={name} number={number} />
    </Hydrate>
  );
}
