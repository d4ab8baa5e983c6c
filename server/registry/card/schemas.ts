import { z } from "zod";
import { CARD_FIELDS, EVIDENCE_KINDS } from "./rules";

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
