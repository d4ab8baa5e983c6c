import { z } from "zod";

/** The lists that keep views. */
export const VIEW_LISTS = [
  "alerts",
  "audit",
  "datasets",
  "deployments",
  "experiments",
  "inbox",
  "jobs",
  "models",
  "monitoring",
  "people",
  "policies",
  "quotas",
  "reviews",
  "runs",
  "work",
] as const;
export type ViewList = (typeof VIEW_LISTS)[number];

export const ListViewsInput = z.object({ list: z.enum(VIEW_LISTS) });

const name = z.string().trim().min(1, "give the view a name").max(60, "use at most 60 characters");
const query = z.string().max(2000, "the filters are too long to be kept: at most 2,000 characters");
const scope = z.enum(["personal", "team"]);

export const CreateViewInput = z.object({
  list: z.enum(VIEW_LISTS),
  name,
  query,
  scope: scope.default("personal"),
  isDefault: z.boolean().default(false),
});

export const ViewIdInput = z.object({ viewId: z.string().min(1).max(60) });

export const UpdateViewInput = ViewIdInput.extend({
  name: name.optional(),
  query: query.optional(),
  scope: scope.optional(),
  isDefault: z.boolean().optional(),
}).refine((input) => Object.keys(input).length > 1, "name what shall change");
