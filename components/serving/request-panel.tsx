import Link from "next/link";
import { CopyButton } from "@/components/common/copy-button";
import { CopySnippet } from "@/components/common/copy-snippet";
import { Section } from "@/components/common/section";
import { Callout } from "@/components/ui/callout";
import { requestSnippets } from "./request-snippets";
import type { DeploymentView } from "./types";

/** Where the deployment answers and how to ask it. */
export function RequestPanel({ deployment }: { deployment: DeploymentView }) {
  const address = `${deployment.gatewayUrl}/v2/models/${deployment.name}/infer`;
  const snippets = requestSnippets(deployment);
  return (
    <Section
      title="Send a request"
      description="Open Inference Protocol v2, JSON or binary tensors. The answer's id is the prediction's, for feedback."
    >
      <p className="flex min-w-0 items-center gap-1">
        <span className="min-w-0 truncate rounded-sm bg-surface-sunken px-2 py-1 font-mono text-sm">
          {address}
        </span>
        <CopyButton value={address} label="Copy address" />
      </p>
      {(deployment.signature?.inputs ?? [])
        .filter((tensor) => tensor.featureNames.length > 0)
        .map((tensor) => (
          <p key={tensor.name} className="text-sm">
            <span className="text-fg-muted">
              A row of <code>{tensor.name}</code> holds, in this order:{" "}
            </span>
            {tensor.featureNames.join(", ")}
          </p>
        ))}
      {snippets.length > 0 ? (
        <CopySnippet snippets={snippets} />
      ) : (
        <Callout tone="neutral">
          The model's inputs are not known yet; a request needs their names and types.
        </Callout>
      )}
      <p className="text-sm text-fg-muted">
        The token goes in the authorization header, never in the address. Make one that may infer under{" "}
        <Link href="/settings/tokens" className="text-accent-text underline">
          API tokens
        </Link>{" "}
        and set MODELWORKS_TOKEN to it.
      </p>
    </Section>
  );
}
