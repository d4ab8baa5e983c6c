"use client";
import { Download } from "lucide-react";
import Link from "next/link";
import { DigestChip } from "@/components/common/digest-chip";
import { EntityLink } from "@/components/common/entity-link";
import { formatBytes } from "@/components/common/format";
import { Section } from "@/components/common/section";
import { datasetHref, datasetVersionHref } from "@/server/datasets/kinds";

interface Input {
  name: string;
  datasetVersionId: string;
  manifestDigest: string;
  slug: string;
  datasetName: string;
  number: number;
}
interface Output {
  path: string;
  digest: string;
  sizeBytes: number;
  slug: string | null;
  number: number | null;
  registration: { state?: string; message?: string; slug?: string } | null;
}

/** What went in, pinned by digest. */
export function JobInputs({ inputs }: { inputs: readonly Input[] }) {
  return (
    <Section title="Inputs" frame="flush">
      {inputs.length === 0 ? <p className="p-3 text-fg-subtle">This job reads no dataset.</p> : null}
      <ul className="divide-y">
        {inputs.map((input) => (
          <li
            key={input.name}
            className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-3 py-2"
          >
            <span className="flex min-w-0 flex-wrap items-center gap-x-2">
              <span className="font-mono text-sm text-fg-muted">{input.name}</span>
              <EntityLink
                kind="dataset_version"
                href={datasetVersionHref(input.slug, input.number)}
                label={`${input.datasetName} v${input.number}`}
              />
            </span>
            <DigestChip digest={input.manifestDigest} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What came of an output that was to become a dataset version, as long as it is none. */
function Registration({ registration }: { registration: NonNullable<Output["registration"]> }) {
  const { state, message, slug = "" } = registration;
  const href = datasetHref(slug);
  if (state !== "failed") {
    return (
      <p className="basis-full text-sm text-fg-muted">
        Being inspected to become a version of{" "}
        <Link href={href} className="text-accent-text hover:underline">
          {slug}
        </Link>
      </p>
    );
  }
  return (
    <p className="basis-full text-sm text-negative">
      Not registered in{" "}
      <Link href={href} className="underline">
        {slug}
      </Link>
      : <span className="font-mono break-words">{message}</span>
    </p>
  );
}

/** What came out, hashed when it was stored. */
export function JobOutputs(props: { jobId: string; outputs: readonly Output[]; final: boolean }) {
  const { jobId, outputs, final } = props;
  return (
    <Section title="Outputs" frame="flush">
      {outputs.length === 0 ? (
        <p className="p-3 text-fg-subtle">
          {final ? "This job left no outputs." : "Outputs are stored when the job succeeds."}
        </p>
      ) : null}
      <ul className="divide-y">
        {outputs.map((output) => (
          <li
            key={output.path}
            className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-3 py-2"
          >
            <span className="flex min-w-0 flex-wrap items-center gap-x-2">
              <a
                href={`/api/v1/jobs/${jobId}/output?path=${encodeURIComponent(output.path)}`}
                className="inline-flex min-h-6 items-center gap-1.5 font-mono text-sm break-all hover:text-accent-text hover:underline"
                download
              >
                <Download aria-hidden className="size-3.5 shrink-0 text-fg-subtle" /> {output.path}
              </a>
              <span className="text-sm text-fg-subtle">{formatBytes(output.sizeBytes)}</span>
              {output.slug && output.number !== null ? (
                <EntityLink
                  kind="dataset_version"
                  href={datasetVersionHref(output.slug, output.number)}
                  label={`${output.slug} v${output.number}`}
                />
              ) : null}
            </span>
            <DigestChip digest={output.digest} />
            {output.registration && output.number === null ? (
              <Registration registration={output.registration} />
            ) : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}
