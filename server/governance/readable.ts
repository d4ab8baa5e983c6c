import { readable } from "@/db/readable";
import { attestations, reviews } from "@/db/schema";

export const readableReviews = readable(
  reviews,
  "createdAt",
  "environment",
  "id",
  "state",
  "subjectId",
  "subjectKind",
  "teamId",
)("readable_reviews");
export const readableAttestations = readable(
  attestations,
  "envelope",
  "predicateType",
  "subjectId",
  "subjectKind",
)("readable_attestations");
