import { DigestChip } from "@/components/common/digest-chip";
import { EntityLink } from "@/components/common/entity-link";
import { KeyValue } from "@/components/common/key-value";
import { Section } from "@/components/common/section";
import { Badge } from "@/components/ui/badge";
import type { VersionDetail } from "./types";
import { datasetVersionHref } from "@/server/datasets/kinds";
import { jobHref } from "@/server/compute/kinds";

/** Run, job, data and code a version came from, as the portal recorded them. */
export function SourcePanel({ version }: { version: VersionDetail }) {
  const { provenance } = version;
  const none = <span className="text-fg-subtle">Not recorded</span>;
  const runId = provenance?.runId ?? version.runId;
  const jobId = provenance?.jobId ?? version.jobId;
  return (
    <Section id="source" title="Source" frame="card">
      <KeyValue
        columns={2}
        items={[
          {
            label: "Run",
            value:
              runId && version.runHref ? (
                <EntityLink kind="run" href={version.runHref} label={runId} />
              ) : (
                none
              ),
          },
          {
            label: "Job",
            value: jobId ? <EntityLink kind="job" href={jobHref(jobId)} label={jobId} /> : none,
          },
          {
            label: "Datasets",
            value:
              provenance && provenance.datasets.length > 0 ? (
                <ul>
                  {provenance.datasets.map((dataset) => (
                    <li key={dataset.digest} className="flex flex-wrap items-center gap-x-2">
                      <EntityLink
                        kind="dataset"
                        href={datasetVersionHref(dataset.name, dataset.version)}
                        label={`${dataset.name} v${dataset.version}`}
                      />
                      <DigestChip digest={dataset.digest} label="dataset digest" />
                    </li>
                  ))}
                </ul>
              ) : (
                none
              ),
          },
          {
            label: "Code",
            value: provenance?.codeCommit ? (
              <span className="inline-flex flex-wrap items-center gap-2">
                <DigestChip digest={provenance.codeCommit} label="code" />
                <Badge tone={provenance.codeRecordedBy === "runner" ? "positive" : "warning"}>
                  {provenance.codeRecordedBy === "runner"
                    ? "Recorded by our runner"
                    : "Declared by the client"}
                </Badge>
              </span>
            ) : (
              none
            ),
          },
          { label: "Template", value: provenance?.template ?? none },
          {
            label: "Environment",
            value: provenance?.environmentDigest ? (
              <DigestChip digest={provenance.environmentDigest} label="environment digest" />
            ) : (
              none
            ),
          },
          { label: "Registered by", value: version.createdBy },
          { label: "Last edited by", value: version.lastEditedBy },
        ]}
      />
    </Section>
  );
}
