"use client";
import { type Control, useController, useWatch } from "react-hook-form";
import { ComboboxField } from "@/components/form/combobox";
import { CheckboxField } from "@/components/form/checkbox-field";
import { NumberField, SelectField, TextField } from "@/components/form/fields";
import { formatCount, formatNumber } from "@/components/common/format";
import { Button } from "@/components/ui/button";
import { MenuButton } from "@/components/ui/menu-button";
import type { TemplateParameter } from "@/server/compute/schemas";
import { columnProblem, namesOf, type TableColumn } from "./launch-columns";
import type { LaunchTemplate, LaunchValues } from "./launch-values";
import { devicesOf, type Flavor } from "@/server/compute/rules";

type FormControl = Control<LaunchValues>;

type ColumnProps = {
  control: FormControl;
  name: `params.${string}`;
  label: string;
  hint?: string;
  parameter: Extract<TemplateParameter, { type: "string" }>;
  columns: readonly TableColumn[];
};

const withCount = ({ name, distinct }: TableColumn) =>
  distinct === null ? name : `${name} (${formatCount(distinct, "value")})`;

function Problem({ control, name, parameter, columns }: Omit<ColumnProps, "label" | "hint">) {
  const value = useWatch({ control, name });
  const problem = columnProblem(parameter, String(value ?? ""), columns);
  return problem ? <p className="text-sm text-warning">{problem}</p> : null;
}

/** Chooses one column of the table. */
function ColumnField({ parameter, columns, ...base }: ColumnProps) {
  return (
    <div className="flex flex-col gap-1">
      <SelectField
        {...base}
        placeholder="Choose a column"
        options={columns.map((column) => ({ value: column.name, label: withCount(column) }))}
      />
      <Problem {...base} parameter={parameter} columns={columns} />
    </div>
  );
}

/** Chooses several columns of the table. */
function ColumnsField({ parameter, columns, ...base }: ColumnProps) {
  const { field } = useController({ control: base.control, name: base.name });
  const chosen = namesOf(String(field.value ?? ""));
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 text-sm font-medium">{base.label}</legend>
      <MenuButton
        entries={columns.map((column) => ({
          type: "check",
          id: column.name,
          label: withCount(column),
          checked: chosen.includes(column.name),
          onChange: (on) =>
            field.onChange(
              (on ? [...chosen, column.name] : chosen.filter((name) => name !== column.name)).join(","),
            ),
        }))}
      >
        <Button className="justify-start self-start">
          {chosen.length === 0 ? "Choose columns" : chosen.join(", ")}
        </Button>
      </MenuButton>
      {base.hint ? <p className="text-sm text-fg-subtle">{base.hint}</p> : null}
      <Problem {...base} parameter={parameter} columns={columns} />
    </fieldset>
  );
}

/** One field of a template, in the kind its declaration names. */
export function ParameterField({
  control,
  parameter,
  columns,
}: {
  control: FormControl;
  parameter: TemplateParameter;
  /** Of the table that it chooses from, once one is chosen and read. */
  columns: readonly TableColumn[] | undefined;
}) {
  const base = {
    control,
    name: `params.${parameter.name}` as const,
    label: parameter.title,
    ...(parameter.help ? { hint: parameter.help } : {}),
  };
  switch (parameter.type) {
    case "string":
      if (columns)
        return parameter.columnsOf === undefined ? (
          <ColumnField {...base} parameter={parameter} columns={columns} />
        ) : (
          <ColumnsField {...base} parameter={parameter} columns={columns} />
        );
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
