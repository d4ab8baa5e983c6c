"use client";
import { useCallback, useMemo } from "react";
import { useTheme } from "next-themes";
import type { PaletteItem, PaletteSearch } from "@/components/shell/types";
import { useTRPCClient } from "@/components/kit/trpc";

/** What the palette searches and can do beyond its pages. */
export function usePalette(): { search: PaletteSearch; actions: readonly PaletteItem[] } {
  const client = useTRPCClient();
  const { resolvedTheme, setTheme } = useTheme();
  const search = useCallback<PaletteSearch>(
    async (q, signal) => (await client.catalog.search.query({ q }, { signal })).items,
    [client],
  );
  const actions = useMemo<PaletteItem[]>(
    () => [
      { id: "new-dataset", kind: "action", label: "New dataset", href: "/datasets/new" },
      {
        id: "launch-job",
        kind: "action",
        label: "Launch job",
        detail: "from a template",
        href: "/templates",
      },
      { id: "request-quota", kind: "action", label: "Request quota", href: "/quotas" },
      { id: "deploy", kind: "action", label: "Deploy a version", href: "/deployments/new" },
      { id: "create-token", kind: "action", label: "Create token", href: "/settings/tokens" },
      {
        id: "theme",
        kind: "action",
        label: "Switch theme",
        detail: resolvedTheme === "dark" ? "to light" : "to dark",
        run: () => setTheme(resolvedTheme === "dark" ? "light" : "dark"),
      },
    ],
    [resolvedTheme, setTheme],
  );
  return { search, actions };
}
