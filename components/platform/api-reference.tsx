"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { parseAsString, useQueryState } from "nuqs";
import { CopySnippet } from "@/components/common/copy-snippet";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatCount } from "@/components/common/format";
import { JsonView } from "@/components/common/json-view";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { ListSkeleton } from "@/components/common/skeletons";
import { Badge } from "@/components/ui/badge";
import { Input } from "@/components/ui/input";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { curlOf, fieldsOf, typeOf } from "./openapi";
import type { ApiOperation } from "./read-openapi";

async function fetchReference() {
  const answer = await fetch("/api/openapi.json");
  if (!answer.ok) throw new Error(`The description could not be read (status ${answer.status}).`);
  // With zod, and only here: the page itself is drawn without it.
  const { readReference } = await import("./read-openapi");
  return readReference(await answer.json());
}

function Details({ operation, host }: { operation: ApiOperation; host: string }) {
  const fields = [...operation.parameters, ...fieldsOf(operation)];
  const schema = operation.requestBody?.content["application/json"]?.schema;
  return (
    <div className="flex min-w-0 flex-col gap-3 border-t p-4">
      {operation["x-permission"] ? (
        <p className="text-sm text-fg-muted">
          Needs the permission <span className="font-mono">{operation["x-permission"]}</span>
        </p>
      ) : null}
      {fields.length > 0 ? (
        <Table label={`Parameters of ${operation.method} ${operation.path}`}>
          <TableCaption>Parameters</TableCaption>
          <TableHeader>
            <TableRow>
              <TableHead>Name</TableHead>
              <TableHead>In</TableHead>
              <TableHead>Type</TableHead>
            </TableRow>
          </TableHeader>
          <TableBody>
            {fields.map((field) => (
              <TableRow key={`${field.in}:${field.name}`}>
                <TableCell className="font-mono text-sm">
                  {field.name} {field.required ? <Badge>required</Badge> : null}
                </TableCell>
                <TableCell>{field.in}</TableCell>
                <TableCell className="break-words text-fg-muted">{typeOf(field.schema)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      ) : null}
      <CopySnippet title="Try it" snippets={[{ label: "curl", code: curlOf(operation, host) }]} />
      {schema ? (
        <details>
          <summary className="min-h-6 cursor-default text-sm text-fg-muted">Schema of the body</summary>
          <JsonView value={schema} label="Schema" className="mt-2" />
        </details>
      ) : null}
    </div>
  );
}

const matches = (operation: ApiOperation, q: string) =>
  `${operation.method} ${operation.path} ${operation.summary}`.toLowerCase().includes(q.toLowerCase());

/** Every operation of the REST door, from the document that the server generates of its own verbs. */
export function ApiReferenceView({ host }: { host: string }) {
  const [q, setQ] = useQueryState("q", parseAsString.withDefault(""));
  const { data, error, refetch } = useQuery({
    queryKey: ["openapi"],
    queryFn: fetchReference,
    staleTime: Infinity,
  });
  const groups = (data?.groups ?? [])
    .map((group) => ({ ...group, operations: group.operations.filter((each) => matches(each, q)) }))
    .filter((group) => group.operations.length > 0);
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <PageHeader
        title="API reference"
        description={data?.description}
        meta={
          <a
            href="/api/openapi.json"
            download="modelworks-openapi.json"
            className="inline-flex min-h-6 items-center text-accent-text hover:underline"
          >
            OpenAPI 3.1 document{data ? `, version ${data.version}` : ""}
          </a>
        }
      />
      <Input
        type="search"
        aria-label="Search operations"
        placeholder="Search operations"
        className="max-w-sm"
        value={q}
        onChange={(event) => void setQ(event.target.value || null)}
      />
      {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <ListSkeleton /> : null}
      {data && groups.length === 0 ? <p className="text-fg-muted">No operation matches.</p> : null}
      {groups.map((group) => (
        <Section
          key={group.tag}
          title={group.tag}
          description={formatCount(group.operations.length, "operation")}
        >
          <div className="flex flex-col gap-2">
            {group.operations.map((operation) => (
              <details
                key={`${operation.method} ${operation.path}`}
                className="group min-w-0 rounded-lg border bg-surface"
              >
                <summary className="flex min-h-11 cursor-default flex-wrap items-center gap-x-3 gap-y-1 rounded-lg px-4 py-2 hover:bg-surface-hover">
                  <ChevronRight aria-hidden className="size-4 text-fg-subtle group-open:rotate-90" />
                  <span className="w-14 font-mono text-sm font-semibold">{operation.method}</span>
                  <span className="min-w-0 font-mono text-sm break-all">{operation.path}</span>
                  <span className="text-fg-muted">{operation.summary}</span>
                </summary>
                <Details operation={operation} host={host} />
              </details>
            ))}
          </div>
        </Section>
      ))}
    </div>
  );
}
