import fs from "node:fs/promises";
import path from "node:path";
import { notFound } from "next/navigation";
import { MarkdownBody } from "@/components/common/markdown-body";
import { PageHeader } from "@/components/common/page-header";
import { ALERT_KINDS } from "@/server/monitoring/alerts/rules";

export const metadata = { title: "Runbook" };

/** What an alert of a kind means and what to do about it: docs/runbooks, as it is in the checkout. */
export default async function RunbookPage({ params }: { params: Promise<{ kind: string }> }) {
  const { kind } = await params;
  const name = Object.entries(ALERT_KINDS).find(([each]) => each === kind)?.[1];
  if (!name) notFound();
  const text = await fs.readFile(path.join(process.cwd(), "docs", "runbooks", `${kind}.md`), "utf8");
  return (
    <>
      <PageHeader
        title={`Runbook: ${name}`}
        breadcrumbs={[{ label: "Alerts", href: "/alerts" }, { label: name }]}
      />
      <MarkdownBody>{text.replace(/^# .*\n/, "")}</MarkdownBody>
    </>
  );
}
