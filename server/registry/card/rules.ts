import type { EvidenceLinks } from "./schemas";

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

export interface CardText {
  fields: Readonly<Record<string, string>>;
  markdown: string;
}

const isFilled = (fields: Readonly<Record<string, string>>, key: string) => (fields[key] ?? "").trim() !== "";

export const REQUIRED_FIELDS: readonly string[] = CARD_FIELDS.filter((field) => field.required).map(
  (field) => field.key,
);

/** Required fields that are empty. */
export const missingFields = (fields: Readonly<Record<string, string>>): string[] =>
  REQUIRED_FIELDS.filter((key) => !isFilled(fields, key));

/** Share of the required fields that are filled in, in whole percent; 100 only when none is missing. */
export function completenessPercent(fields: Readonly<Record<string, string>>): number {
  const filled = REQUIRED_FIELDS.length - missingFields(fields).length;
  return Math.floor((100 * filled) / REQUIRED_FIELDS.length);
}

/** Fields whose linked evidence is another one now, or is gone. An empty field is missing, not stale. */
export function staleFields(
  fields: Readonly<Record<string, string>>,
  links: Readonly<EvidenceLinks>,
  current: Readonly<Partial<Record<EvidenceKind, string>>>,
): string[] {
  return Object.entries(links)
    .filter(([key, link]) => isFilled(fields, key) && current[link.kind] !== link.digest)
    .map(([key]) => key)
    .toSorted();
}

/** Links each filled field to the evidence it is about by itself, at the digest that holds now. */
export function defaultLinks(
  fields: Readonly<Record<string, string>>,
  current: Readonly<Partial<Record<EvidenceKind, string>>>,
): EvidenceLinks {
  const links: EvidenceLinks = {};
  for (const { key, evidence } of CARD_FIELDS) {
    const digest = evidence && current[evidence];
    if (evidence && digest && isFilled(fields, key)) links[key] = { kind: evidence, digest };
  }
  return links;
}

export interface CardChange {
  field: string;
  before: string | null;
  after: string | null;
}

/** What differs between two revisions, field by field; the Markdown text counts as the field `markdown`. */
export function diffCards(before: CardText | null, after: CardText): CardChange[] {
  const keys = new Set([...Object.keys(before?.fields ?? {}), ...Object.keys(after.fields)]);
  const changes: CardChange[] = [];
  for (const key of keys) {
    const [old, now] = [before?.fields[key] ?? "", after.fields[key] ?? ""];
    if (old !== now) changes.push({ field: key, before: old || null, after: now || null });
  }
  if ((before?.markdown ?? "") !== after.markdown)
    changes.push({ field: "markdown", before: before?.markdown || null, after: after.markdown || null });
  return changes;
}

export interface HuggingFaceCard {
  modelName: string;
  versionNumber: number;
  card: CardText;
  library: string;
  datasets: readonly string[];
  metrics: readonly { name: string; value: number; dataset: string }[];
}

const quoted = (text: string) => JSON.stringify(text);

/** A model card as the Hugging Face Hub reads it: YAML front matter (`modelcard.md` fields), then Markdown. */
export function toHuggingFace(input: HuggingFaceCard): string {
  const { card } = input;
  const licence = (card.fields.licence ?? "").trim().toLowerCase();
  const front = [
    ...(licence ? [`license: ${quoted(licence)}`] : []),
    `library_name: ${quoted(input.library)}`,
    "tags:",
    `- ${quoted("modelworks")}`,
    ...(input.datasets.length > 0 ? ["datasets:", ...input.datasets.map((name) => `- ${quoted(name)}`)] : []),
    ...(input.metrics.length > 0
      ? ["metrics:", ...input.metrics.map((each) => `- ${quoted(each.name)}`)]
      : []),
    ...modelIndex(input),
  ];
  const sections = CARD_FIELDS.filter((field) => isFilled(card.fields, field.key)).map(
    (field) => `## ${field.title}\n\n${(card.fields[field.key] ?? "").trim()}\n`,
  );
  const rest = card.markdown.trim();
  return `---\n${front.join("\n")}\n---\n\n# ${input.modelName} ${input.versionNumber}\n\n${sections.join("\n")}${rest ? `\n${rest}\n` : ""}`;
}

function modelIndex(input: HuggingFaceCard): string[] {
  if (input.metrics.length === 0) return [];
  return [
    "model-index:",
    `- name: ${quoted(`${input.modelName} ${input.versionNumber}`)}`,
    "  results:",
    ...input.metrics.flatMap((metric) => [
      "  - task:",
      '      type: "tabular-classification"',
      "    dataset:",
      '      type: "tabular"',
      `      name: ${quoted(metric.dataset)}`,
      "    metrics:",
      `    - type: ${quoted(metric.name)}`,
      `      value: ${metric.value}`,
    ]),
  ];
}
