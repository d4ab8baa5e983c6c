"use client";
import { DigestChip } from "@/components/common/digest-chip";
import { EntityLink } from "@/components/common/entity-link";
import { formatBytes } from "@/components/common/format";
import { Section } from "@/components/common/section";

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
                href={`/datasets/${input.slug}/versions/${input.number}`}
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

/** What came out, hashed when it was stored. */
export function JobOutputs({ outputs, final }: { outputs: readonly Output[]; final: boolean }) {
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
              <span className="font-mono text-sm break-all">{output.path}</span>
              <span className="text-sm text-fg-subtle">{formatBytes(output.sizeBytes)}</span>
              {output.slug && output.number !== null ? (
                <EntityLink
                  kind="dataset_version"
                  href={`/datasets/${output.slug}/versions/${output.number}`}
                  label={`${output.slug} v${output.number}`}
                />
              ) : null}
            </span>
            <DigestChip digest={output.digest} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
