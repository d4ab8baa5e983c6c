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

/** A value that fits a JSON schema, to start from: its default, an example of its type, required fields only. */
export function exampleOf(schema: unknown, depth = 0): unknown {
  if (schema === null || typeof schema !== "object" || depth > 6) return null;
  const node: Record<string, unknown> = { ...schema };
  if ("default" in node) return node.default;
  if (Array.isArray(node.enum)) return node.enum[0];
  if ("const" in node) return node.const;
  const options = [node.anyOf, node.oneOf].find(Array.isArray);
  if (options) return exampleOf(options[0], depth + 1);
  if (node.type === "object" || node.properties) {
    const required = Array.isArray(node.required) ? node.required : [];
    const properties =
      node.properties && typeof node.properties === "object" ? Object.entries(node.properties) : [];
    return Object.fromEntries(
      properties
        .filter(([key]) => required.includes(key))
        .map(([key, value]) => [key, exampleOf(value, depth + 1)]),
    );
  }
  if (node.type === "array") return [exampleOf(node.items, depth + 1)];
  if (node.type === "integer" || node.type === "number")
    return typeof node.minimum === "number" ? node.minimum : 1;
  return node.type === "boolean" ? true : "…";
}

/** The request as a command that works in a shell with MODELWORKS_TOKEN set. */
export function curlOf(operation: ApiOperation, host: string): string {
  const query = operation.parameters
    .filter((parameter) => parameter.in === "query" && parameter.required)
    .map((parameter) => `${parameter.name}=${encodeURIComponent(String(exampleOf(parameter.schema)))}`)
    .join("&");
  const address = `"${host}${operation.path}${query ? `?${query}` : ""}"`;
  const lines = [`curl ${operation.method === "GET" ? "" : `-X ${operation.method} `}${address}`];
  if (operation.security?.length !== 0) lines.push(`  -H "authorization: Bearer $MODELWORKS_TOKEN"`);
  const [media, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (media === "application/json") {
    const body = JSON.stringify(exampleOf(content?.schema)).replaceAll("'", String.raw`'\''`);
    lines.push(`  -H "content-type: application/json"`, `  -d '${body}'`);
  } else if (media) lines.push(`  -H "content-type: ${media}"`, `  --data-binary @file`);
  return lines.join(" \\\n");
}

const words = (schema: Record<string, unknown>): string => {
  if (Array.isArray(schema.enum)) return schema.enum.map(String).join(" | ");
  const options = [schema.anyOf, schema.oneOf].find(Array.isArray);
  if (options)
    return options.map((each) => (each && typeof each === "object" ? words({ ...each }) : "")).join(" | ");
  return typeof schema.type === "string" ? schema.type : "any";
};

/** A schema's type in words: "string", "open | done", "integer". */
export const typeOf = words;

/** The fields of a JSON body, one level deep. */
export function fieldsOf(operation: ApiOperation): ApiParameter[] {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const properties = schema?.properties;
  if (!properties || typeof properties !== "object") return [];
  const required = Array.isArray(schema?.required) ? schema.required : [];
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: "body",
    required: required.includes(name),
    schema: value && typeof value === "object" ? { ...value } : {},
  }));
}
