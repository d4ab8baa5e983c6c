"use client";
import { Minus, Plus } from "lucide-react";
import Link from "next/link";
import { DigestChip } from "@/components/common/digest-chip";
import { formatCount } from "@/components/common/format";
import { Section } from "@/components/common/section";
import type { ReviewDetail } from "@/server/governance/reviews/get-review";

type ChangeRow = NonNullable<ReviewDetail["subject"]>["diff"][number];

const LONG = 240;

/** A value in words; a long text starts folded, so that one card does not push everything else away. */
function Value({ text }: { text: string }) {
  if (text.length <= LONG) return <span className="min-w-0 break-words">{text}</span>;
  return (
    <details className="min-w-0">
      <summary className="min-h-6 cursor-pointer break-words">{text.slice(0, LONG).trimEnd()}…</summary>
      <span className="break-words whitespace-pre-wrap">{text}</span>
    </details>
  );
}

function Digests({ digests }: { digests: NonNullable<ChangeRow["digests"]> }) {
  return (
    <details className="text-sm">
      <summary className="min-h-6 cursor-pointer text-fg-muted">Digests</summary>
      <ul className="flex flex-col">
        {digests.before ? (
          <li className="flex flex-wrap items-center gap-x-2">
            before <DigestChip digest={digests.before} label="digest before" />
          </li>
        ) : null}
        {digests.after ? (
          <li className="flex flex-wrap items-center gap-x-2">
            now <DigestChip digest={digests.after} label="digest now" />
          </li>
        ) : null}
      </ul>
    </details>
  );
}

/** Before and after in one narrow column; words and signs carry the kind of change, not colour alone. */
function Changes({ rows }: { rows: readonly ChangeRow[] }) {
  return (
    <dl className="divide-y border-t">
      {rows.map((row) => (
        <div
          key={row.label}
          className="grid gap-x-3 px-3 py-1.5 sm:grid-cols-[minmax(7rem,11rem)_minmax(0,1fr)]"
        >
          <dt className="text-sm break-words text-fg-muted">{row.label}</dt>
          {row.before === null ? null : (
            <dd className="flex min-w-0 gap-1.5 text-fg-muted sm:col-start-2">
              <Minus aria-hidden className="mt-1 size-3.5 shrink-0 text-negative" />
              <span className="sr-only">Before: </span>
              <Value text={row.before} />
            </dd>
          )}
          {row.after === null ? null : (
            <dd className="flex min-w-0 gap-1.5 sm:col-start-2">
              <Plus aria-hidden className="mt-1 size-3.5 shrink-0 text-positive" />
              <span className="sr-only">Now: </span>
              <Value text={row.after} />
            </dd>
          )}
          {row.digests ? (
            <dd className="min-w-0 sm:col-start-2">
              <Digests digests={row.digests} />
            </dd>
          ) : null}
        </div>
      ))}
    </dl>
  );
}

/** What differs from the version that was approved last, under the headings the subject's domain gives; each can be folded away once read. */
export function Differences({ review }: { review: ReviewDetail }) {
  const { subject } = review;
  const rows = subject?.diff ?? [];
  const groups = [...new Set(rows.map((row) => row.group))];
  const base = subject?.comparedWith;
  return (
    <Section
      title="Changes since the last approved version"
      description={
        base ? (
          <>
            Compared with{" "}
            <Link className="text-accent-text underline" href={base.href}>
              {base.name}
            </Link>
          </>
        ) : (
          "Nothing was approved before; everything is new."
        )
      }
      frame="flush"
    >
      {groups.length === 0 ? <p className="px-3 py-2 text-fg-muted">No differences to show.</p> : null}
      {groups.map((group) => {
        const own = rows.filter((row) => row.group === group);
        return (
          <details key={group} open className="border-b last:border-b-0">
            <summary className="flex min-h-8 cursor-pointer items-center gap-2 bg-surface-sunken px-3 text-sm">
              <h3 className="font-medium">{group}</h3>
              <span className="text-fg-muted">{formatCount(own.length, base ? "change" : "fact")}</span>
            </summary>
            <Changes rows={own} />
          </details>
        );
      })}
    </Section>
  );
}
