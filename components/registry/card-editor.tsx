"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { toast } from "@/components/ui/toast";
import { ErrorNotice } from "@/components/common/error-notice";
import { useTRPC } from "@/components/kit/trpc";
import { FormDialog } from "@/components/form/form-dialog";
import { Label } from "@/components/ui/label";
import { NativeSelect } from "@/components/ui/select";
import { Textarea } from "@/components/ui/textarea";
import { CARD_FIELDS, EVIDENCE_KINDS, type CardField, type EvidenceKind } from "@/server/registry/card/rules";
import type { VersionDetail } from "./types";

type Links = Record<string, EvidenceKind | null>;

function FieldEditor(props: {
  field: CardField;
  version: VersionDetail;
  text: string;
  onText: (text: string) => void;
  link: EvidenceKind | null;
  onLink: (link: EvidenceKind | null) => void;
}) {
  const { field, version } = props;
  const id = useId();
  const stale = version.card.staleFields.includes(field.key);
  const available = EVIDENCE_KINDS.filter((kind) => version.card.currentEvidence[kind] !== undefined);
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor={id}>
        {field.title}
        {field.required ? null : <span className="ml-1 font-normal text-fg-subtle">(optional)</span>}
      </Label>
      <Textarea
        id={id}
        rows={2}
        aria-describedby={`${id}-hint`}
        value={props.text}
        onChange={(event) => props.onText(event.target.value)}
      />
      <div className="flex flex-wrap items-center justify-between gap-2 text-sm text-fg-subtle">
        <p id={`${id}-hint`} className="min-w-0 flex-1">
          {stale ? "Its evidence changed. Correct the text, or link it again if it still holds. " : ""}
          {field.help}
        </p>
        <label className="flex items-center gap-1.5">
          Evidence
          <NativeSelect
            className="w-36"
            value={props.link ?? ""}
            onChange={(event) => props.onLink(available.find((kind) => kind === event.target.value) ?? null)}
          >
            <option value="">None</option>
            {available.map((kind) => (
              <option key={kind} value={kind}>
                {kind}
              </option>
            ))}
          </NativeSelect>
        </label>
      </div>
    </div>
  );
}

const kindsOf = (version: VersionDetail): Links =>
  Object.fromEntries(CARD_FIELDS.map(({ key }) => [key, version.card.links[key]?.kind ?? null]));

/** Edits the card. A rewritten or relinked field is bound to the evidence as it is now. */
export function CardEditor(props: { version: VersionDetail; onClose: () => void }) {
  const { onClose } = props;
  // As it was when editing began: what someone else saves meanwhile must not pass for what was read.
  const [version] = useState(props.version);
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const id = useId();
  const [fields, setFields] = useState<Record<string, string>>(version.card.fields);
  const [markdown, setMarkdown] = useState(version.card.markdown);
  const [links, setLinks] = useState<Links>(() => kindsOf(version));
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const save = useMutation(
    trpc.registry.saveCard.mutationOptions({
      meta: { handlesError: true },
      onSuccess: async () => {
        await queryClient.invalidateQueries({ queryKey: trpc.registry.pathKey() });
        toast.success("Model card saved", {
          description: "The gates run again; reviews of the old card are void.",
        });
        onClose();
      },
    }),
  );
  const dirty =
    touched.size > 0 ||
    markdown !== version.card.markdown ||
    CARD_FIELDS.some(({ key }) => (fields[key] ?? "") !== (version.card.fields[key] ?? ""));
  const relink = (key: string, link: EvidenceKind | null) => {
    setLinks({ ...links, [key]: link });
    setTouched(new Set([...touched, key]));
  };
  return (
    <FormDialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Edit model card"
      description={`Saves revision ${version.card.revision + 1}. Open reviews become void, because they were about the old card.`}
      submitLabel="Save card"
      pending={save.isPending}
      dirty={dirty}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({
          name: version.modelName,
          version: version.number,
          fields,
          markdown,
          links: Object.fromEntries([...touched].map((key) => [key, links[key] ?? null])),
          expectedRevision: version.card.revision,
        });
      }}
    >
      {save.error ? <ErrorNotice error={save.error} /> : null}
      {CARD_FIELDS.map((field) => (
        <FieldEditor
          key={field.key}
          field={field}
          version={version}
          text={fields[field.key] ?? ""}
          onText={(text) => setFields({ ...fields, [field.key]: text })}
          link={links[field.key] ?? null}
          onLink={(link) => relink(field.key, link)}
        />
      ))}
      <div className="flex flex-col gap-1">
        <Label htmlFor={`${id}-markdown`}>
          More (Markdown)<span className="ml-1 font-normal text-fg-subtle">(optional)</span>
        </Label>
        <Textarea
          id={`${id}-markdown`}
          rows={5}
          value={markdown}
          onChange={(event) => setMarkdown(event.target.value)}
        />
      </div>
    </FormDialog>
  );
}
