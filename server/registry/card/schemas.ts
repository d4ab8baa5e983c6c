import { z } from "zod";

/** What a field of a card can be linked to; its digest at the time of writing is kept with the field. */
export const EVIDENCE_KINDS = ["evaluation", "fairness", "datasets", "contract", "files"] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

export interface CardField {
  key: string;
  title: string;
  help: string;
  required: boolean;
  /** What a draft of this field is linked to by itself. */
  evidence?: EvidenceKind;
}

/** The structured part of a card, in reading order. */
export const CARD_FIELDS: readonly CardField[] = [
  {
    key: "summary",
    title: "Summary",
    help: "What the model predicts, from what, in one or two sentences.",
    required: true,
  },
  {
    key: "intended_use",
    title: "Intended use",
    help: "Who uses it, for which decision, with which person in the loop.",
    required: true,
  },
  {
    key: "out_of_scope",
    title: "Out of scope",
    help: "Uses and populations it must not be applied to.",
    required: true,
  },
  {
    key: "training_data",
    title: "Training data",
    help: "Dataset versions, sizes, period, how the data was split.",
    required: true,
    evidence: "datasets",
  },
  {
    key: "evaluation",
    title: "Evaluation",
    help: "Metric, value with interval, sample size, threshold.",
    required: true,
    evidence: "evaluation",
  },
  {
    key: "fairness",
    title: "Fairness",
    help: "Groups compared, rates, and what is uncertain.",
    required: true,
    evidence: "fairness",
  },
  { key: "limitations", title: "Limitations", help: "Known weaknesses and where it fails.", required: true },
  {
    key: "ethical",
    title: "Ethical considerations",
    help: "Risks to people and how they are reduced.",
    required: true,
  },
  {
    key: "serving",
    title: "Serving notes",
    help: "Inputs, latency, what to watch in production.",
    required: false,
    evidence: "contract",
  },
  { key: "owner", title: "Owner", help: "The team that answers for the model.", required: true },
  { key: "contact", title: "Contact", help: "Where to report a problem.", required: true },
  { key: "licence", title: "Licence", help: "SPDX identifier, such as Apache-2.0.", required: true },
];

const FIELD_KEYS = CARD_FIELDS.map((field) => field.key);

export const CardFields = z
  .record(z.string(), z.string().max(10_000, "must not be longer than 10,000 characters"))
  .superRefine((fields, context) => {
    for (const key of Object.keys(fields))
      if (!FIELD_KEYS.includes(key))
        context.addIssue({ code: "custom", path: [key], message: "is no field of a model card" });
  });

export const EvidenceLinks = z.record(
  z.string(),
  z.object({ kind: z.enum(EVIDENCE_KINDS), digest: z.string() }),
);
export type EvidenceLinks = z.infer<typeof EvidenceLinks>;

/** Evidence a save links fields to: field → kind; null takes a link away. The digest is the one that holds now. */
export const LinkInput = z.record(z.string(), z.enum(EVIDENCE_KINDS).nullable());
