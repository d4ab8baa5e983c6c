"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "./trpc";
import type { Permission } from "@/server/core/authz/permissions";

/** The signed-in person, their teams and what they may do; fetched once and shared by all that ask. */
export function useSession() {
  const trpc = useTRPC();
  return useQuery(trpc.identity.session.queryOptions(undefined, { staleTime: 60_000 }));
}

/**
 * Whether the person may do something in the active team, and if not why, for `DisabledReason`. Until it is known the control
 * is off without a reason. The server decides again.
 */
export function useCan(permission: Permission): { allowed: boolean; reason: string | undefined } {
  const { data } = useSession();
  const verdict = data?.permissions[permission];
  if (verdict?.allowed) return { allowed: true, reason: undefined };
  return {
    allowed: false,
    reason: verdict ? (verdict.reason ?? "You may not do this.") : "Checking your permissions…",
  };
}
