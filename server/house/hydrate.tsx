import {
  dehydrate,
  HydrationBoundary,
  QueryClient,
  type FetchQueryOptions,
  type InferDataFromTag,
  type QueryKey,
} from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { Metadata } from "next";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import superjson from "superjson";
import { db } from "@/db/client";
import { actorOfRequest } from "@/server/auth/request-actor";
import { newId } from "@/server/core/ids";
import { appRouter } from "./router";

/** Who asks for this page; one look-up per request. */
export const pageActor = cache(async () => {
  // First, because it is how the build learns that the page cannot be made without a request, nor without a database.
  const given = await headers();
  return actorOfRequest(db(), given, "GET");
});

const pageContext = cache(async () => {
  const actor = await pageActor();
  return { db: db(), requestId: newId("request"), actor };
});

const createQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: { staleTime: 10_000, retry: false },
      dehydrate: { serializeData: superjson.serialize },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });

const pageQueryClient = cache(createQueryClient);

/** Query options for server components: `serverTrpc.jobs.get.queryOptions({ id })`. */
export const serverTrpc = createTRPCOptionsProxy({
  ctx: pageContext,
  router: appRouter,
  queryClient: pageQueryClient,
});

/** Fetches before rendering; a failure is left to the client component, which shows it. */
export async function prefetch(...options: object[]): Promise<void> {
  const client = pageQueryClient();
  await Promise.all(options.map((each) => client.prefetchQuery(each as FetchQueryOptions)));
}

/** A title from what the page shows anyway, asked once for both; what the person may not see keeps the page's plain name. */
export async function titleFrom<K extends QueryKey>(
  options: { queryKey: K },
  plain: string,
  of: (data: InferDataFromTag<never, K>) => string,
): Promise<Metadata> {
  await prefetch(options);
  const data = pageQueryClient().getQueryData<never, K>(options.queryKey);
  return { title: data === undefined ? plain : of(data) };
}

/** Hands over who is signed in and what they may do: buttons are right from the first paint, without a request of their own. */
export async function HydrateSession({ children }: { children: ReactNode }) {
  // Not the page's client: the page would hand all of it over once more.
  const client = createQueryClient();
  await client.prefetchQuery(serverTrpc.identity.session.queryOptions());
  return <HydrationBoundary state={dehydrate(client)}>{children}</HydrationBoundary>;
}

/** Hands what was prefetched to the client components inside. */
export function Hydrate({ children }: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(pageQueryClient())}>{children}</HydrationBoundary>;
}

export type Search = Promise<Record<string, string | string[] | undefined>>;

/** A list as it opens comes with the page; one that the address filters is fetched by the page itself. */
export async function HydrateList(props: { search: Search; opens: object[]; children: ReactNode }) {
  if (Object.keys(await props.search).length === 0) await prefetch(...props.opens);
  return <Hydrate>{props.children}</Hydrate>;
}
