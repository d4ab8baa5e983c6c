import { Download } from "lucide-react";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DigestChip } from "@/components/common/digest-chip";
import { formatBytes } from "@/components/common/format";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { Badge } from "@/components/ui/badge";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { fileHref } from "./links";
import { manifestRecipe } from "./snippets";
import type { VersionDetail } from "./types";

function FileRow({ version, file }: { version: VersionDetail; file: VersionDetail["files"][number] }) {
  const scanned = version.scan?.files.find((each) => each.path === file.path);
  const findings = scanned?.findings.filter((finding) => finding.severity !== "info") ?? [];
  return (
    <TableRow>
      <TableCell className="min-w-40 whitespace-normal">
        <a
          href={fileHref(version.modelName, version.number, file.path)}
          className="inline-flex min-h-6 items-center gap-1.5 font-mono text-sm break-all hover:text-accent-text hover:underline"
          download
        >
          <Download aria-hidden className="size-3.5 shrink-0 text-fg-subtle" /> {file.path}
        </a>
        {file.path === version.weightsPath ? <Badge tone="accent">Served</Badge> : null}
        {findings.map((finding) => (
          <p
            key={`${finding.code} ${finding.message}`}
            className={finding.severity === "critical" ? "text-sm text-negative" : "text-sm text-warning"}
          >
            {finding.message}
          </p>
        ))}
      </TableCell>
      <TableCell className="text-right" data-numeric>
        {formatBytes(file.sizeBytes)}
      </TableCell>
      <TableCell>
        <DigestChip digest={file.digest} label={`digest of ${file.path}`} />
      </TableCell>
      <TableCell>{scanned?.format ?? "–"}</TableCell>
      <TableCell>
        {scanned ? (
          <StatusBadge
            status={scanned.verdict}
            label={scanned.verdict === "pass" ? "Safe" : scanned.verdict === "fail" ? "Unsafe" : "Unclear"}
          />
        ) : (
          <StatusBadge status="pending" label="Not scanned" />
        )}
      </TableCell>
    </TableRow>
  );
}

/** The sealed files with digests and scan, and how to check the manifest without us. */
export function FilesPanel({ version }: { version: VersionDetail }) {
  return (
    <Section
      id="files"
      title="Files"
      description={
        version.manifestDigest ? (
          <span className="inline-flex flex-wrap items-center gap-1">
            Sealed: later writes are refused. Manifest{" "}
            <DigestChip digest={version.manifestDigest} label="manifest digest" />
          </span>
        ) : (
          "Digests appear when the files are sealed."
        )
      }
    >
      <div className="overflow-hidden rounded-lg border bg-surface">
        <Table label="Files of the version">
          <TableCaption>Files of the version</TableCaption>
          <TableHeader>
            <TableRow>
              <TableHead>File</TableHead>
              <TableHead className="text-right">Size</TableHead>
              <TableHead>SHA-256</TableHead>
              <TableHead>Format</TableHead>
              <TableHead>Scan</TableHead>
            </TableRow>
          </TableHeader>
          <TableBody>
            {version.files.map((file) => (
              <FileRow key={file.path} version={version} file={file} />
            ))}
          </TableBody>
        </Table>
      </div>
      {version.manifestDigest ? (
        <CopySnippet
          title="Check the manifest digest"
          snippets={[{ label: "In the folder of the files", language: "bash", code: manifestRecipe() }]}
        />
      ) : null}
    </Section>
  );
}
