"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useId, useState } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Label } from "@/components/ui/label";
import { later } from "@/components/ui/later";
import { Switch } from "@/components/ui/switch";
import { toast } from "@/components/ui/toast";
import { PRODUCTION_ALIASES } from "@/server/registry/rules";
import { versionHref } from "@/server/registry/kinds";
import type { ModelDetail } from "./types";

const AliasesDialog = later(async () => (await import("./protected-aliases-dialog")).ProtectedAliasesDialog);

/** Names that the team protects besides those that everybody takes for production. */
function OtherAliases({ model }: { model: Pick<ModelDetail, "name" | "protection"> }) {
  const [open, setOpen] = useState(false);
  const write = useCan("registry.protection.write");
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <DisabledReason reason={write.allowed ? null : write.reason}>
        <Button size="sm" onClick={() => (write.allowed ? setOpen(true) : undefined)}>
          Change aliases
        </Button>
      </DisabledReason>
      <span className="text-fg-muted">
        If your clients load it by another alias, such as <code>stable</code>, protect that one, too.
      </span>
      <AliasesDialog open={open} onOpenChange={setOpen} model={model} />
    </div>
  );
}

function Carried({ name }: { name: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.registry.protection.queryOptions({ name }));
  if (!data || data.carried.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1">
      {data.carried.map((each) => (
        <li key={`${each.what} ${each.number}`} className="flex min-w-0 flex-wrap items-center gap-2">
          <StatusBadge
            status={each.admitted ? "pass" : "fail"}
            label={each.admitted ? `Admitted to ${each.environment}` : `Not admitted to ${each.environment}`}
          />
          <span>{each.what} points at</span>
          <Link
            href={`${versionHref(name, each.number)}#blockers`}
            className="inline-flex min-h-6 items-center text-accent-text hover:underline"
          >
            version {each.number}
          </Link>
          {each.admitted ? null : (
            <span className="min-w-0 text-sm break-words text-fg-muted">{each.missing.join("; ")}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Whether the model's aliases and stages move through gates only; team admins switch it. */
export function ProtectionPanel({ model }: { model: Pick<ModelDetail, "name" | "protection"> }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const id = useId();
  const write = useCan("registry.protection.write");
  const { on, because, aliases } = model.protection;
  const set = useMutation(trpc.registry.setProtection.mutationOptions({ meta: { handlesError: true } }));
  const switchNow = async (reason: string) => {
    await set.mutateAsync({ name: model.name, mode: on ? "off" : "on", reason });
    await queryClient.invalidateQueries({ queryKey: trpc.registry.pathKey() });
    toast.success(on ? "Protection is off" : "Protection is on");
  };
  const names = [...PRODUCTION_ALIASES, ...aliases].join(", ");
  return (
    <Section
      id="protection"
      title="Protected aliases and stages"
      description={`The aliases ${names} and the stages Staging and Production.`}
      frame="card"
    >
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-center gap-3">
          <DisabledReason reason={write.allowed ? null : write.reason}>
            <Switch
              id={id}
              checked={on}
              onCheckedChange={() => (write.allowed ? setAsking(true) : undefined)}
            />
          </DisabledReason>
          <Label htmlFor={id}>Move them through gates only</Label>
          <span className="text-sm text-fg-muted">
            {on ? "On" : "Off"}: {because}.
          </span>
        </div>
        <p className="text-sm text-fg-muted">
          {on
            ? "They point only at versions that their environment admits, whichever client asks. They are not removed, and the model keeps its name."
            : "Anyone who may write to the model can point them at any version. Protection begins by itself when the model is deployed or approved."}
        </p>
        <OtherAliases model={model} />
        <Carried name={model.name} />
      </div>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={
          on ? `Switch the protection of ${model.name} off?` : `Switch the protection of ${model.name} on?`
        }
        consequence={
          on
            ? "Anyone who may write to the model, also a job, can then point production at a version that nobody judged, and clients that load it by alias or stage get it. The change is in the audit log."
            : "The aliases and stages then move only to versions that their environment admits. What they point at now stays."
        }
        confirmLabel={on ? "Switch off" : "Switch on"}
        tone={on ? "danger" : "primary"}
        reason={{ label: "Why", required: true }}
        onConfirm={switchNow}
      />
    </Section>
  );
}
