import type { Metadata } from "next";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";
import { ModelWithGates } from "../with-gates";

type Props = { params: Promise<{ name: string }> };

const nameOf = async ({ params }: Props) => decodeURIComponent((await params).name);

export async function generateMetadata(props: Props): Promise<Metadata> {
  return { title: await nameOf(props) };
}

export default async function Page(props: Props) {
  const name = await nameOf(props);
  await prefetch(
    serverTrpc.registry.model.queryOptions({ name }),
    serverTrpc.registry.timeline.queryOptions({ name }),
  );
  return (
    <Hydrate>
      <ModelWithGates name={name} />
    </Hydrate>
  );
}
