import type { ApiOperation, ApiParameter } from "./read-openapi";

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
