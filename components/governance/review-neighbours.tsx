"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useShortcuts } from "@/components/shell/shortcuts";
import { useTRPC } from "@/components/trpc";
import { buttonVariants } from "@/components/ui/button";
import { REVIEW_TABS } from "@/server/governance/rules";
import { queueQuery } from "./review-queue";

const parsers = {
  tab: parseAsStringLiteral(REVIEW_TABS),
  q: parseAsString.withDefault(""),
  environment: parseAsString,
};

function Step({ href, label, icon: Icon }: { href: string; label: string; icon: typeof ChevronLeft }) {
  return (
    <Link href={href} aria-label={label} title={label} className={buttonVariants({ size: "icon" })}>
      <Icon aria-hidden />
    </Link>
  );
}

/** Next and previous in the queue that one came from, with its filter; nothing when one did not come from a queue. */
export function ReviewNeighbours({ reviewId }: { reviewId: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [{ tab, q, environment }] = useQueryStates(parsers);
  const { data } = useQuery(
    trpc.governance.reviews.queryOptions(
      { tab: tab ?? "team", search: q, environment: environment ?? undefined, limit: 200 },
      { enabled: tab !== null },
    ),
  );
  const at = data?.items.findIndex((item) => item.id === reviewId) ?? -1;
  const query = queueQuery(tab ?? "team", q, environment ?? undefined);
  const hrefOf = (index: number) => {
    const item = at === -1 ? undefined : data?.items[index];
    return item ? `/reviews/${item.id}?${query}` : undefined;
  };
  const [previous, next] = [hrefOf(at - 1), hrefOf(at + 1)];
  useShortcuts([
    ...(next ? [{ keys: "j", label: "Next review", group: "Reviews", run: () => router.push(next) }] : []),
    ...(previous
      ? [{ keys: "k", label: "Previous review", group: "Reviews", run: () => router.push(previous) }]
      : []),
  ]);
  if (!previous && !next) return null;
  return (
    <>
      {previous ? <Step href={previous} label="Previous review" icon={ChevronLeft} /> : null}
      {next ? <Step href={next} label="Next review" icon={ChevronRight} /> : null}
    </>
  );
}
