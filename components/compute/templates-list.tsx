"use client";
import { useQuery } from "@tanstack/react-query";
import { LayoutTemplate, Play } from "lucide-react";
import Link from "next/link";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatBytes, formatCount, formatMilli } from "@/components/common/format";
import { PageHeader } from "@/components/common/page-header";
import { ListSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { buttonVariants } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardFooter, CardHeader, CardTitle } from "@/components/ui/card";
import { templateHref } from "@/server/compute/kinds";

/** The golden paths: real projects that a person launches from a form. */
export function TemplatesList() {
  const trpc = useTRPC();
  const list = useQuery(trpc.compute.template.list.queryOptions());
  if (list.error && !list.data) return <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) return <ListSkeleton />;
  return (
    <>
      <PageHeader
        title="Templates"
        description="Real projects to launch from a form. A job keeps the template's code by digest, so it can be run again as it was."
      />
      {list.data.items.length === 0 ? (
        <EmptyState
          icon={LayoutTemplate}
          title="No templates"
          text="A template is a folder under templates/ with a template.yaml, its code and its locked requirements."
        />
      ) : null}
      <ul className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        {list.data.items.map((template) => (
          <li key={template.name}>
            <Card className="flex h-full flex-col">
              <CardHeader>
                <CardTitle>{template.title}</CardTitle>
                <Badge>v{template.version}</Badge>
              </CardHeader>
              <CardContent className="flex flex-1 flex-col gap-3">
                <CardDescription>{template.description}</CardDescription>
                <p className="mt-auto flex flex-wrap gap-x-3 text-sm text-fg-muted">
                  <span>{formatCount(template.spec.parameters.length, "parameter")}</span>
                  <span>{formatCount(template.spec.inputs.length, "input")}</span>
                  <span>{formatMilli(template.spec.resources.cpuMilli)} CPU</span>
                  <span>{formatBytes(template.spec.resources.memoryBytes)}</span>
                </p>
              </CardContent>
              <CardFooter>
                <Link
                  href={templateHref(template.name)}
                  className={buttonVariants({ variant: "primary" })}
                  aria-label={`Launch ${template.title}`}
                >
                  <Play aria-hidden /> Launch
                </Link>
                <Link
                  href={`/jobs?template=${template.name}`}
                  className="text-sm text-accent-text hover:underline"
                  aria-label={`Jobs from it: ${template.title}`}
                >
                  Jobs from it
                </Link>
              </CardFooter>
            </Card>
          </li>
        ))}
      </ul>
    </>
  );
}
