"use client";
import { useQuery } from "@tanstack/react-query";
import type { Control } from "react-hook-form";
import { SelectField, TextField } from "@/components/form/fields";
import { useTRPC } from "@/components/kit/trpc";
import type { DeployValues } from "./plan-form";

/** Models and versions to choose from, asked of the registry. */
function useChoices(model: string) {
  const trpc = useTRPC();
  const models = useQuery(trpc.registry.models.queryOptions({ limit: 200 }));
  const detail = useQuery(trpc.registry.model.queryOptions({ name: model }, { enabled: model !== "" }));
  return {
    models: (models.data?.items ?? []).map((item) => ({ value: item.name, label: item.name })),
    versions: (detail.data?.versions ?? []).map((item) => ({
      value: String(item.number),
      label: `Version ${item.number} (${item.state})`,
    })),
  };
}

/** What is deployed, and where. */
export function DeployFields({
  control,
  model,
  ownName,
}: {
  control: Control<DeployValues>;
  model: string;
  /** The name that it gets when none is typed. */
  ownName: string | undefined;
}) {
  const choices = useChoices(model);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        control={control}
        name="model"
        label="Model"
        placeholder="Choose a model"
        options={choices.models}
      />
      <SelectField
        control={control}
        name="version"
        label="Version"
        placeholder="Choose a version"
        options={choices.versions}
      />
      <SelectField
        control={control}
        name="environment"
        label="Environment"
        options={[
          { value: "staging", label: "Staging" },
          { value: "production", label: "Production" },
        ]}
      />
      <TextField
        control={control}
        name="name"
        label="Name"
        optional
        mono
        placeholder={ownName}
        hint="Its address is /v2/models/<name>. Left out, it is made from the model's name."
      />
    </div>
  );
}
