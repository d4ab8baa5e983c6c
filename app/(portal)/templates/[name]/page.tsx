import { LaunchPage } from "@/components/compute/launch-form";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Launch a job" };

interface Props {
  params: Promise<{ name: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function TemplatePage({ params, searchParams }: Props) {
  const { name } = await params;
  const query = Object.fromEntries(
    Object.entries(await searchParams).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])),
  );
  await prefetch(
    serverTrpc.compute.template.get.queryOptions({ name }),
    serverTrpc.compute.template.inputChoices.queryOptions(),
    serverTrpc.compute.quota.get.queryOptions(),
  );
  return (
    <Hydrate>
      <LaunchPage name={name} query={query} />
    </Hydrate>
  );
}
