"use client";
import dynamic from "next/dynamic";
import { Download, History, Link2, Pencil, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { Markdown } from "@/components/common/markdown";
import { Section } from "@/components/common/section";
import { useCan } from "@/components/kit/use-can";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Progress } from "@/components/ui/progress";
import { CARD_FIELDS, type CardField, type EvidenceKind } from "@/server/registry/card/rules";
import { versionApi } from "./links";
import type { VersionDetail } from "./types";

// `ssr: false` gives each a boundary of its own: without one, the page would give way to its skeleton while the code comes.
const CardHistory = dynamic(() => import("./card-history").then((module) => module.CardHistory), {
  ssr: false,
});
const CardEditor = dynamic(() => import("./card-editor").then((module) => module.CardEditor), { ssr: false });

/** Where on this page the evidence of a field is shown. */
const EVIDENCE_AT: Record<EvidenceKind, string> = {
  evaluation: "#evaluation",
  fairness: "#evaluation",
  datasets: "#source",
  contract: "#contract",
  files: "#files",
};

function Field({ field, card }: { field: CardField; card: VersionDetail["card"] }) {
  const text = card.fields[field.key];
  const link = card.links[field.key];
  if (!text && !field.required) return null;
  return (
    <div className="flex flex-col gap-1 border-b px-4 py-3">
      <h3 className="flex flex-wrap items-center gap-2 text-sm font-medium text-fg-muted">
        {field.title}
        {link ? (
          <a href={EVIDENCE_AT[link.kind]} title={link.digest} className="rounded-sm">
            <Badge tone="outline">
              <Link2 aria-hidden /> {link.kind}
            </Badge>
          </a>
        ) : null}
        {card.staleFields.includes(field.key) ? (
          <Badge tone="warning">
            <TriangleAlert aria-hidden /> Stale: its {link?.kind ?? "evidence"} changed
          </Badge>
        ) : null}
      </h3>
      {text ? (
        <p className="max-w-prose break-words whitespace-pre-wrap">{text}</p>
      ) : (
        <p className="text-warning">Not filled in; it is required.</p>
      )}
    </div>
  );
}

function CardActions({
  version,
  onEdit,
  onHistory,
}: {
  version: VersionDetail;
  onEdit: () => void;
  onHistory: () => void;
}) {
  const { allowed, reason } = useCan("registry.card.write");
  const exportHref = `${versionApi(version.modelName, version.number)}/card/export?format=`;
  return (
    <>
      {version.card.revision > 0 ? (
        <>
          <Button size="sm" variant="ghost" asChild>
            <a href={`${exportHref}huggingface`}>
              <Download aria-hidden /> Markdown
            </a>
          </Button>
          <Button size="sm" variant="ghost" asChild>
            <a href={`${exportHref}json`}>
              <Download aria-hidden /> JSON
            </a>
          </Button>
          <Button size="sm" variant="ghost" onClick={onHistory}>
            <History aria-hidden /> Revision {version.card.revision}
          </Button>
        </>
      ) : null}
      <DisabledReason reason={allowed ? null : reason}>
        <Button size="sm" onClick={onEdit}>
          <Pencil aria-hidden /> Edit card
        </Button>
      </DisabledReason>
    </>
  );
}

/** The model card as readers need it: completeness first, each field with its evidence, stale ones flagged. */
export function CardPanel({ version }: { version: VersionDetail }) {
  const [open, setOpen] = useState<"edit" | "history" | null>(null);
  const { card } = version;
  return (
    <Section
      id="card"
      title="Model card"
      description={
        card.staleFields.length > 0
          ? `${card.staleFields.length} of its fields were written about evidence that has changed.`
          : "What the model is for, what it is not for, and how it was judged."
      }
      actions={
        <CardActions version={version} onEdit={() => setOpen("edit")} onHistory={() => setOpen("history")} />
      }
      frame="flush"
    >
      <div className="flex items-center gap-3 border-b px-4 py-2.5 text-sm text-fg-muted">
        <Progress value={card.completenessPercent} label="Completeness of the card" className="max-w-48" />
        <span data-numeric>{card.completenessPercent}% of the required fields</span>
      </div>
      {/* One pixel up and cut off by the frame: the last row needs no line below it. */}
      <div className="-mb-px grid lg:grid-cols-2">
        {CARD_FIELDS.map((field) => (
          <Field key={field.key} field={field} card={card} />
        ))}
      </div>
      {card.markdown ? (
        <div className="border-t px-4 py-3">
          <Markdown>{card.markdown}</Markdown>
        </div>
      ) : null}
      {open === "edit" ? <CardEditor version={version} onClose={() => setOpen(null)} /> : null}
      {open === "history" ? <CardHistory version={version} onClose={() => setOpen(null)} /> : null}
    </Section>
  );
}
