"use client";

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createTRPCClient,
  httpBatchStreamLink,
  httpSubscriptionLink,
  splitLink,
  TRPCClientError,
} from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { useState, type ReactNode } from "react";
import { noticeLoss } from "./access-loss";
import { toast } from "@/components/ui/toast";
import superjson from "superjson";
import type { AppRouter } from "@/server/house/router";
import type { PublicError } from "@/server/core/errors";

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

/** What the server said of a failure; undefined for failures of the network. */
export function publicErrorOf(error: unknown): PublicError | undefined {
  if (!(error instanceof TRPCClientError)) return undefined;
  const data: unknown = error.data;
  if (data === null || typeof data !== "object" || !("app" in data)) return undefined;
  return data.app as PublicError;
}

const isFinal = (error: unknown) => {
  const code = publicErrorOf(error)?.code;
  return code !== undefined && code !== "unavailable" && code !== "internal";
};

function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: (error) => void noticeLoss(error) }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _context, mutation) => {
        if (noticeLoss(error) || mutation.meta?.handlesError) return;
        const shown = publicErrorOf(error);
        toast.error(shown?.message ?? "The portal did not answer.", {
          description: shown?.hint ?? "Check the connection and try again.",
        });
      },
    }),
    defaultOptions: {
      queries: { staleTime: 10_000, retry: (count, error) => !isFinal(error) && count < 3 },
      dehydrate: { serializeData: superjson.serialize },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });
}

/** One query client and one tRPC client for the browser; live streams go over SSE, the rest in streamed batches. */
export function TrpcProvider({ children }: { children: ReactNode }) {
  const [queryClient] = useState(createQueryClient);
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: (op) => op.type === "subscription",
          true: httpSubscriptionLink({ url: "/api/trpc", transformer: superjson }),
          false: httpBatchStreamLink({ url: "/api/trpc", transformer: superjson }),
        }),
      ],
    }),
  );
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={client} queryClient={queryClient}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
