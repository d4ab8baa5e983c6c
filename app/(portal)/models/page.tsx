import type { Metadata } from "next";
import { ModelList } from "@/components/registry/model-list";
import { Hydrate, prefetch, serverTrpc } from "@/server/house/hydrate";

export const metadata: Metadata = { title: "Models" };

export default async function ModelsPage() {
  await prefetch(serverTrpc.registry.models.queryOptions({ q: "", cursor: null, sort: "updated" }));
  return (
    <Hydrate>
      <ModelList />
    </Hydrate>
  );
}
