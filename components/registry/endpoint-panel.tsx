import { DigestChip } from "@/components/common/digest-chip";
import { KeyValue } from "@/components/common/key-value";
import { Section } from "@/components/common/section";
import { Callout } from "@/components/ui/callout";
import type { VersionDetail } from "./types";

const PROTOCOLS = { oip: "Open Inference Protocol", "http-json": "HTTP with JSON" } as const;

/** Where a model that runs elsewhere is, how it is asked, and what it said of itself when it was tried. */
export function EndpointPanel({ version }: { version: VersionDetail }) {
  const { endpoint } = version;
  if (!endpoint) return null;
  const { file, reported, trial } = endpoint;
  return (
    <Section id="endpoint" title="External endpoint" frame="card">
      <div className="flex flex-col gap-3">
        <Callout tone="warning" title="What runs there can change without us">
          {file.protocol === "oip"
            ? `The gateway asks now and then which version it serves, and compares with what it said when it was tried. Another version ${file.onChange === "stop" ? "stops it and raises an alert" : "raises an alert"}, other inputs or outputs always stop it. Another model under the same version goes unnoticed.`
            : "A server of this kind does not say what it serves, so a change there is noticed only when its answers have another form."}
        </Callout>
        <KeyValue
          columns={2}
          items={[
            { label: "Address", value: <span className="font-mono break-all">{file.url}</span> },
            { label: "Protocol", value: PROTOCOLS[file.protocol] },
            ...(file.protocol === "oip"
              ? [
                  { label: "Model there", value: file.model },
                  { label: "Version there", value: file.version ?? "the one that it chooses" },
                ]
              : [{ label: "Rows are sent as", value: <span className="font-mono">{file.form}</span> }]),
            { label: "Credential", value: file.credential ?? "none" },
            { label: "Longest answer", value: `${file.timeoutMs} ms` },
            { label: "At once", value: `${file.maxConcurrency} requests of each gateway` },
            {
              label: "Said at its trial",
              value: reported ? (
                <span className="inline-flex flex-wrap items-center gap-2">
                  {reported.versions.length > 0 ? `version ${reported.versions.join(", ")}` : "no version"}
                  <DigestChip digest={reported.digest} label="digest of what it said" />
                </span>
              ) : (
                "nothing"
              ),
            },
          ]}
        />
        {trial ? <p className="text-sm text-fg-muted">{trial}</p> : null}
      </div>
    </Section>
  );
}
