import { StatusBadge } from "@/components/common/status-badge";
import { Callout } from "@/components/ui/callout";

/** Whether the signed evidence is complete, and what is missing if not. */
export function AdmissionPanel({
  admission,
  environment,
  serves = false,
}: {
  admission: { admitted: boolean; missing: readonly string[] };
  environment: string;
  /** It answers requests already; what began with complete evidence goes on serving. */
  serves?: boolean;
}) {
  if (admission.admitted)
    return (
      <Callout tone="positive" title={`Admitted to ${environment}`}>
        Every required policy and review is signed for exactly these files. The gateway checks the same
        signatures again before it serves them.
      </Callout>
    );
  return (
    <Callout
      tone="warning"
      title={
        serves
          ? `No longer admitted to ${environment}`
          : `Not admitted to ${environment}: ${admission.missing.length} missing`
      }
    >
      {serves ? (
        <p className="mb-2">
          It was admitted when it began and goes on serving. Get it approved again, roll back, or deploy
          another version.
        </p>
      ) : null}
      <ul className="flex flex-col gap-1">
        {admission.missing.map((text) => (
          <li key={text} className="flex items-start gap-2">
            <StatusBadge status="missing" label="Missing" className="mt-0.5" />
            <span className="min-w-0 break-words">{text}</span>
          </li>
        ))}
      </ul>
    </Callout>
  );
}
