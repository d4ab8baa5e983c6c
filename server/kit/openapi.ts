import { z } from "zod";
import { PERMISSIONS, type Rule } from "@/server/core/authz/permissions";
import type { RestRoute } from "./rest";

interface JsonSchema {
  properties?: Record<string, unknown>;
  required?: string[];
  [key: string]: unknown;
}

const problemSchema = {
  type: "object",
  required: ["type", "title", "status", "code", "requestId"],
  properties: {
    type: { type: "string", format: "uri" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string" },
    detail: { type: "string", description: "The next step" },
    requestId: { type: "string" },
    details: { type: "object" },
  },
};

function inputSchema(route: RestRoute): JsonSchema {
  return z.toJSONSchema(route.verb.definition.input, { io: "input", unrepresentable: "any" });
}

function operation(route: RestRoute) {
  const { name, summary, permission } = route.verb.definition;
  const schema = inputSchema(route);
  const properties = schema.properties ?? {};
  const pathNames = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  const required = new Set(schema.required ?? []);
  const rest = Object.entries(properties).filter(([key]) => !pathNames.includes(key));
  const inQuery = route.method === "get" || route.stream !== undefined;
  const rule: Rule = PERMISSIONS[permission];
  const parameters = [
    ...pathNames.map((key) => ({
      name: key,
      in: "path",
      required: true,
      schema: properties[key] ?? { type: "string" },
    })),
    ...(inQuery
      ? rest.map(([key, value]) => ({ name: key, in: "query", required: required.has(key), schema: value }))
      : []),
    ...(route.verb.kind === "mutation" && !route.stream
      ? [
          {
            name: "Idempotency-Key",
            in: "header",
            required: false,
            schema: { type: "string", maxLength: 200 },
          },
        ]
      : []),
  ];
  const body = {
    type: "object",
    properties: Object.fromEntries(rest),
    ...(rest.some(([key]) => required.has(key))
      ? { required: rest.map(([key]) => key).filter((key) => required.has(key)) }
      : {}),
  };
  const requestMedia = route.streams?.request;
  const follows = route.streams?.response === "text/event-stream";
  return {
    // One verb may answer at two addresses: whole, and as it grows.
    operationId: `${name}${follows ? ".follow" : route.stream ? ".stream" : ""}:${route.method}`,
    summary,
    tags: [route.tag],
    "x-permission": permission,
    ...(rule.public ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestMedia
      ? {
          requestBody: {
            required: true,
            content: { [requestMedia]: { schema: { type: "string", format: "binary" } } },
          },
        }
      : {}),
    ...(!inQuery && rest.length > 0
      ? { requestBody: { required: required.size > 0, content: { "application/json": { schema: body } } } }
      : {}),
    responses: {
      [String(route.status)]: {
        description: "Done",
        content: {
          [route.streams?.response ?? "application/json"]: {
            schema: { type: route.streams?.response ? "string" : "object" },
          },
        },
      },
      default: {
        description: "A problem document",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

/** OpenAPI 3.1 of the REST door, generated from the same zod objects that parse the requests. */
export function openApiDocument(routes: readonly RestRoute[], serverUrl: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = `/api/v1${route.path}`;
    paths[path] ??= {};
    paths[path][route.method] = operation(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Modelworks",
      version: "0.1.0",
      description: "Every verb a script needs. Cursors page lists; Idempotency-Key makes retries safe.",
    },
    servers: [{ url: serverUrl }],
    security: [{ apiToken: [] }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { apiToken: { type: "http", scheme: "bearer", bearerFormat: "mw_…" } },
      schemas: { Problem: problemSchema },
    },
  };
}
