import { DigestChip } from "@/components/common/digest-chip";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import type { KeyStatus, PublishedKey } from "@/server/governance/log/keys";

const PURPOSES = { attestor: "Attestations", log: "Checkpoints" };
const LOOKS: Record<KeyStatus, { status: string; label: string }> = {
  current: { status: "active", label: "Signs now" },
  retired: { status: "retired", label: "Retired" },
  revoked: { status: "revoked", label: "Revoked" },
  unlisted: { status: "inactive", label: "On record only" },
};

/** What became of a key since it signed. */
export function KeyStatusBadge({ status }: { status: KeyStatus }) {
  return <StatusBadge {...LOOKS[status]} />;
}

/** Every key that signs or signed: what it signs, since when, until when, and whether it still counts. */
export function SigningKeys({ keys }: { keys: readonly PublishedKey[] }) {
  return (
    <Section
      title="Signing keys"
      description="What a retired key signed counts as before; what a revoked one signed counts no more."
      frame="flush"
    >
      <ul aria-label="Signing keys" className="divide-y">
        {keys.toReversed().map((key) => (
          <li key={key.keyId} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-sm">
            <span className="w-28 font-medium">{PURPOSES[key.purpose]}</span>
            <KeyStatusBadge status={key.status} />
            <DigestChip digest={key.keyId} label="key id" />
            <span className="text-fg-muted">
              {key.validFrom ? (
                <>
                  since <TimeAgo value={key.validFrom} />
                </>
              ) : (
                "since its first use"
              )}
              {key.validUntil ? (
                <>
                  , until <TimeAgo value={key.validUntil} />
                </>
              ) : null}
            </span>
            {key.reason ? <span className="w-full break-words text-fg-muted">{key.reason}</span> : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}
