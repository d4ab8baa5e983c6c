import { TemplatesList } from "@/components/compute/templates-list";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata = { title: "Templates" };

export default async function TemplatesPage() {
  await prefetch(serverTrpc.compute.template.list.queryOptions());
  return (
    <Hydrate>
      <TemplatesList />
    </Hydrate>
  );
}
