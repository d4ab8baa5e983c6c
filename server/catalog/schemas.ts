import { z } from "zod";
import type { ThingKind } from "@/server/plates/kinds";

export const SearchInput = z.object({
  q: z.string().trim().min(2, "type at least 2 characters").max(100),
  limit: z.coerce.number().int().min(1).max(50).default(20),
});

export interface SearchHit {
  kind: ThingKind;
  id: string;
  label: string;
  detail: string;
  status?: string | undefined;
  /** Whose it is, by name. */
  owner?: string | undefined;
  href: string;
}
