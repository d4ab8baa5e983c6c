import { z } from "zod";

const Schema: z.ZodType<Record<string, unknown>> = z.record(z.string(), z.unknown());
const Parameter = z.object({
  name: z.string(),
  in: z.string(),
  required: z.boolean().default(false),
  schema: Schema.default({}),
});
const Media = z.record(z.string(), z.object({ schema: Schema.default({}) }));
const Operation = z.object({
  operationId: z.string(),
  summary: z.string().default(""),
  tags: z.array(z.string()).default([]),
  "x-permission": z.string().optional(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(Parameter).default([]),
  requestBody: z.object({ required: z.boolean().default(false), content: Media }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string().default("") })),
});
const OpenApi = z.object({
  info: z.object({ title: z.string(), version: z.string(), description: z.string().default("") }),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
});

export type ApiParameter = z.output<typeof Parameter>;
export interface ApiOperation extends z.output<typeof Operation> {
  method: string;
  path: string;
}

export interface ApiReference {
  version: string;
  description: string;
  groups: { tag: string; operations: ApiOperation[] }[];
}

/** Reads an OpenAPI document into operations by tag, in the document's order. @throws ZodError when it is no such document. */
export function readReference(document: unknown): ApiReference {
  const parsed = OpenApi.parse(document);
  const groups = new Map<string, ApiOperation[]>();
  for (const [path, methods] of Object.entries(parsed.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0] ?? "Other";
      groups.set(tag, [...(groups.get(tag) ?? []), { ...operation, method: method.toUpperCase(), path }]);
    }
  }
  return {
    version: parsed.info.version,
    description: parsed.info.description,
    groups: [...groups]
      .map(([tag, operations]) => ({ tag, operations }))
      .toSorted((a, b) => a.tag.localeCompare(b.tag)),
  };
}
