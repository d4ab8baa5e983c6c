import { z } from "zod";

export const SEARCH_KINDS = [
  "dataset",
  "job",
  "experiment",
  "run",
  "model",
  "version",
  "deployment",
  "review",
  "user",
] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

export const SearchInput = z.object({
  q: z.string().trim().min(2, "type at least 2 characters").max(100),
  limit: z.coerce.number().int().min(1).max(50).default(20),
});

export interface SearchHit {
  kind: SearchKind;
  id: string;
  label: string;
  detail: string;
  status?: string | undefined;
  href: string;
}
