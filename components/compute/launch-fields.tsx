"use client";
import type { Control } from "react-hook-form";
import { ComboboxField } from "@/components/form/combobox";
import { CheckboxField } from "@/components/form/checkbox-field";
import { NumberField, SelectField, TextField } from "@/components/form/fields";
import { formatNumber } from "@/components/common/format";
import type { TemplateParameter } from "@/server/compute/schemas";
import type { LaunchTemplate, LaunchValues } from "./launch-values";
import { devicesOf, type Flavor } from "@/server/compute/rules";

type FormControl = Control<LaunchValues>;

/** One field of a template, in the kind its declaration names. */
export function ParameterField({
  control,
  parameter,
}: {
  control: FormControl;
  parameter: TemplateParameter;
}) {
  const base = {
    control,
    name: `params.${parameter.name}` as const,
    label: parameter.title,
    ...(parameter.help ? { hint: parameter.help } : {}),
  };
  switch (parameter.type) {
    case "string":
      return <TextField {...base} optional={parameter.default === ""} spellCheck={false} />;
    case "boolean":
      return <CheckboxField {...base} />;
    case "enum":
      return <SelectField {...base} options={parameter.options.map((value) => ({ value, label: value }))} />;
    default:
      return (
        <NumberField
          {...base}
          step={parameter.type === "integer" ? 1 : "any"}
          {...(parameter.minimum === undefined ? {} : { min: parameter.minimum })}
          {...(parameter.maximum === undefined ? {} : { max: parameter.maximum })}
        />
      );
  }
}

export interface InputChoice {
  id: string;
  slug: string;
  name: string;
  number: number;
  format: string;
  rowCount: number;
}

/** Chooses a dataset version for an input: only what the template can read. */
export function InputField(props: {
  control: FormControl;
  input: LaunchTemplate["spec"]["inputs"][number];
  choices: readonly InputChoice[];
}) {
  const { control, input, choices } = props;
  const fitting = choices.filter(
    (choice) => input.accepts.length === 0 || input.accepts.includes(choice.format),
  );
  const none = input.optional ? [{ value: "", label: "None: use the template's own data" }] : [];
  return (
    <ComboboxField
      control={control}
      name={`inputs.${input.name}` as const}
      label={input.title}
      optional={input.optional}
      placeholder="Choose a dataset version"
      emptyText="No dataset version fits"
      hint={input.accepts.length > 0 ? `Reads ${input.accepts.join(" or ")}` : undefined}
      options={[
        ...none,
        ...fitting.map((choice) => ({
          value: choice.id,
          label: `${choice.name} v${choice.number}`,
          detail: `${choice.format}, ${formatNumber(choice.rowCount, 0)} rows`,
        })),
      ]}
    />
  );
}

/** What the job may take. */
export function ResourceFields(props: { control: FormControl; flavors: readonly Flavor[] }) {
  const { control, flavors } = props;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <NumberField control={control} name="cpuCores" label="CPU" unit="cores" min={0.05} step="any" />
      <NumberField control={control} name="memoryGib" label="Memory" unit="GiB" min={0.0625} step="any" />
      <NumberField
        control={control}
        name="timeLimitMinutes"
        label="Time limit"
        unit="minutes"
        min={1}
        step="any"
      />
      <NumberField
        control={control}
        name="maxAttempts"
        label="Attempts"
        min={1}
        max={10}
        step={1}
        hint="Tried again after a failure, memory shortage or loss; never after a cancel or the time limit."
      />
      {flavors.length > 0 ? (
        <>
          <SelectField
            control={control}
            name="gpuFlavor"
            label="GPU"
            optional
            options={[
              { value: "", label: "None" },
              ...flavors.map((flavor) => ({
                value: flavor.name,
                label: devicesOf(flavor) > 0 ? flavor.title : `${flavor.title} (no machine has one)`,
              })),
            ]}
            hint="Accounted against quota, not isolated, by the local cluster."
          />
          <NumberField control={control} name="gpus" label="GPUs" optional min={0} step="any" />
        </>
      ) : null}
    </div>
  );
}
