import { CARD_FIELDS, type EvidenceKind, type EvidenceLinks } from "./schemas";

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
