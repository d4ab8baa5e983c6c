"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useShortcuts } from "@/components/common/shortcuts";
import { useTRPC } from "@/components/kit/trpc";
import { buttonVariants } from "@/components/ui/button";
import { REVIEW_TABS } from "@/server/governance/rules";
import { queueQuery } from "./queue-query";
import { reviewHref } from "@/server/governance/kinds";

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

/** Where the review stands in the queue, or stood before it left: what was decided waits no longer, and what followed moves up. */
function usePlace(reviewId: string, queue: readonly { id: string }[] | undefined) {
  const [seen, setSeen] = useState<{ reviewId: string; at: number }>();
  const at = queue?.findIndex((item) => item.id === reviewId) ?? -1;
  const last = seen?.reviewId === reviewId ? seen.at : -1;
  if (at !== -1 && at !== last) setSeen({ reviewId, at });
  if (at !== -1) return { previous: at - 1, next: at + 1 };
  return last === -1 ? undefined : { previous: last - 1, next: last };
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
  const place = usePlace(reviewId, data?.items);
  const query = queueQuery(tab ?? "team", q, environment ?? undefined);
  const hrefOf = (index: number | undefined) => {
    const item = index === undefined ? undefined : data?.items[index];
    return item ? `${reviewHref(item.id)}?${query}` : undefined;
  };
  const [previous, next] = [hrefOf(place?.previous), hrefOf(place?.next)];
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
