"use client";
import { useQuery } from "@tanstack/react-query";
import { Boxes } from "lucide-react";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { EntityLink } from "@/components/common/entity-link";
import { RunPage } from "@/components/experiments/run-page";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import { versionHref } from "@/server/registry/kinds";

const RegisterDialog = later(
  async () => (await import("@/components/registry/register-dialog")).RegisterDialog,
);

/** A run's page with the way on to the registry: its newest logged model becomes a version in two clicks. */
export function RunWithRegistry({ runId }: { runId: string }) {
  const trpc = useTRPC();
  const can = useCan("registry.model.write");
  const [open, setOpen] = useState(false);
  const run = useQuery(trpc.experiments.run.queryOptions({ runId }));
  const made = useQuery(trpc.registry.versionsOfRun.queryOptions({ runId }));
  const versions = made.data?.items ?? [];
  const modelId = run.data?.outputs.at(-1)?.modelId;
  const reason = modelId
    ? can.reason
    : "This run has logged no model. Log one with mlflow.<flavor>.log_model first.";
  const button = (
    <Button variant={versions.length > 0 ? "secondary" : "primary"} onClick={() => setOpen(true)}>
      <Boxes aria-hidden /> Register model
    </Button>
  );
  return (
    <>
      <RunPage
        runId={runId}
        registered={versions.map((version) => (
          <EntityLink
            key={version.id}
            kind="version"
            href={versionHref(version.model, version.number)}
            label={`${version.model} v${version.number}`}
          />
        ))}
        actions={reason ? <DisabledReason reason={reason}>{button}</DisabledReason> : button}
      />
      {modelId ? (
        <RegisterDialog
          open={open}
          onOpenChange={setOpen}
          source={`models:/${modelId}`}
          runId={runId}
          loggedModelId={modelId}
        />
      ) : null}
    </>
  );
}
