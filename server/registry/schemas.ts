import { z } from "zod";
import { EndpointFile } from "@/server/adapters/external-endpoint/schemas";
import { PageInput } from "@/server/core/pagination";
import { CardFields, LinkInput } from "./card/schemas";
import { StoredTrial } from "./qualify/trial-schemas";
import { Contract } from "./contract/schemas";
import { PROTECTION_MODES } from "./rules";

export const STAGES = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof STAGES)[number];

export const ModelName = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(256, "must not be longer than 256 characters")
  .refine((name) => !/[/:]/.test(name), { message: "Names cannot contain '/' or ':'" })
  .refine((name) => name !== "." && !name.startsWith(".."), {
    message: "must not begin with .. nor be ., because names may be treated as files",
  });
export const VersionNumber = z.coerce
  .number()
  .int("must be a whole number")
  .min(1, "must be 1 or more")
  .max(2_147_483_647, "must be 2147483647 or less");
const TagKey = z.string().min(1).max(250);
const TagValue = z.coerce.string().max(100_000);
const Tags = z
  .array(z.object({ key: TagKey, value: TagValue }))
  .max(200)
  .default([]);
export const Alias = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\w-]+$/, "may hold letters, digits, _ and - only")
  .refine((alias) => alias !== "latest" && !/^v\d+$/i.test(alias), {
    message: '"latest" and v<number> are reserved',
  });

const MAX_PROTECTED = 50;
const ProtectionReason = z.string().trim().min(3, "say why, in 3 characters or more").max(2_000);

/** As stored with a model. */
export const ProtectionSetting = z.object({
  mode: z.enum(PROTECTION_MODES).default("default"),
  aliases: z.array(Alias).max(MAX_PROTECTED).default([]),
});
export const SetProtectionInput = z.object({
  name: ModelName,
  mode: z.enum(PROTECTION_MODES),
  /** Protected besides production, prod, live and champion; left out, as they are. */
  aliases: z.array(Alias).max(MAX_PROTECTED).optional(),
  reason: ProtectionReason,
});

/** As people type them: with commas, spaces or lines between. */
export const ProtectedAliasesForm = z.object({
  aliases: z.string().transform((text, context) => {
    const aliases = [...new Set(text.split(/[\s,;]+/).filter((word) => word !== ""))];
    for (const alias of aliases) {
      const message = Alias.safeParse(alias).error?.issues[0]?.message;
      if (message !== undefined) context.addIssue({ code: "custom", message: `${alias}: ${message}` });
    }
    if (aliases.length > MAX_PROTECTED) context.addIssue(`name at most ${MAX_PROTECTED}`);
    return aliases;
  }),
  reason: ProtectionReason,
});

export const CreateModelInput = z.object({
  name: ModelName,
  description: z.string().max(20_000).nullish(),
  tags: Tags,
});
/** What the forms that name a model hold. */
export const NameAndDescription = z.object({ name: ModelName, description: z.string().max(20_000) });
export const ModelNameInput = z.object({ name: ModelName });
export const RenameModelInput = ModelNameInput.extend({ newName: ModelName });
export const UpdateModelInput = ModelNameInput.extend({ description: z.string().max(20_000) });
export const ModelTagInput = ModelNameInput.extend({ key: TagKey, value: TagValue });
export const ModelTagKeyInput = ModelNameInput.extend({ key: TagKey });

export const VersionInput = ModelNameInput.extend({ version: VersionNumber });
export const RunOfVersionInput = z.object({ runId: z.string().min(1).max(256) });
export const CreateVersionInput = z.object({
  name: ModelName,
  source: z.string().min(1).max(5000),
  runId: z.string().max(256).nullish(),
  loggedModelId: z.string().max(64).nullish(),
  /** Where a run that is not of this portal can be seen. */
  runLink: z.string().max(500).nullish(),
  description: z.string().max(20_000).nullish(),
  tags: Tags,
});
export const RegisterEndpointInput = z.object({
  name: ModelName,
  endpoint: EndpointFile,
  /** Proposed from what the far end says, when it is left out. */
  contract: Contract.optional(),
  description: z.string().max(20_000).default(""),
  /** The run that evaluated it: its data, code and results are the version's. */
  runId: z.string().min(1).max(256).nullish(),
});
export const UpdateVersionInput = VersionInput.extend({ description: z.string().max(20_000) });
export const VersionTagInput = VersionInput.extend({ key: TagKey, value: TagValue });
export const VersionTagKeyInput = VersionInput.extend({ key: TagKey });
export const TransitionStageInput = VersionInput.extend({
  stage: z
    .string()
    .transform((stage) => STAGES.find((each) => each.toLowerCase() === stage.toLowerCase()))
    .pipe(z.enum(STAGES, { message: `must be one of ${STAGES.join(", ")}` })),
  archiveExistingVersions: z.boolean().default(false),
});
export const AliasInput = ModelNameInput.extend({ alias: Alias });
export const SetAliasInput = AliasInput.extend({ version: VersionNumber });
export const LatestVersionsInput = ModelNameInput.extend({ stages: z.array(z.string()).max(10).default([]) });

const Search = z.object({
  filter: z.string().max(10_000).default(""),
  orderBy: z.array(z.string().max(500)).max(10).default([]),
  pageToken: z.string().max(500).nullish(),
});
export const SearchModelsInput = Search.extend({
  maxResults: z.coerce.number().int().min(1).max(1000).default(100),
});
export const SearchVersionsInput = Search.extend({
  maxResults: z.coerce
    .number()
    .int()
    .min(1)
    .default(10_000)
    .transform((value) => Math.min(value, 10_000)),
});

export const SaveContractInput = VersionInput.extend({
  contract: Contract,
  /** Digest of the contract that was edited; null when there was none. Left out, the last save wins. */
  expectedDigest: z.string().nullable().optional(),
});
export const SaveCardInput = VersionInput.extend({
  fields: CardFields,
  markdown: z.string().max(100_000, "must not be longer than 100,000 characters").default(""),
  links: LinkInput.default({}),
  /** The revision that was edited; 0 for the first. */
  expectedRevision: z.coerce.number().int().min(0),
});
export const ExportCardInput = VersionInput.extend({
  format: z.enum(["huggingface", "json"]).default("huggingface"),
});

export const ENVIRONMENTS = ["staging", "production"] as const;
/** Besides the environments: a trial by the gates, of a model that runs its own code. */
export const REVIEWED_FOR = [...ENVIRONMENTS, "trial"] as const;
export const RequestVersionReviewInput = VersionInput.extend({
  environment: z.enum(REVIEWED_FOR),
  rationale: z.string().trim().min(10, "say why it should be approved, in 10 characters or more").max(5000),
});
/** What of a trial a gateway needs: the environment of a version that Python serves. */
export const TrialEnvironment = StoredTrial.pick({ weightsDigest: true, environment: true });
export const FileInput = VersionInput.extend({ path: z.string().min(1).max(1000) });
export const ListModelsInput = PageInput.extend({
  q: z.string().trim().max(200).default(""),
  sort: z.enum(["updated", "name"]).default("updated"),
});
