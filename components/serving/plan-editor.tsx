"use client";
import { Plus, Trash2 } from "lucide-react";
import { useRef } from "react";
import { type Control, useFieldArray, useWatch } from "react-hook-form";
import { CheckboxField } from "@/components/form/checkbox-field";
import { NumberField, SelectField } from "@/components/form/fields";
import { Button } from "@/components/ui/button";
import type { DeployValues } from "./plan-form";

type Props = { control: Control<DeployValues> };

function Stages({ control }: Props) {
  /** Takes the focus of a stage that is removed. */
  const addButton = useRef<HTMLButtonElement>(null);
  const { fields, append, remove } = useFieldArray({ control, name: "stages" });
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">Stages</legend>
      {fields.map((field, index) => (
        <fieldset
          key={field.id}
          aria-label={`Stage ${index + 1}`}
          className="grid grid-cols-[1fr_1fr_1fr_auto] items-start gap-2"
        >
          <NumberField
            control={control}
            name={`stages.${index}.sharePercent`}
            label="Share"
            unit="%"
            min={1}
            max={100}
            step={1}
          />
          <NumberField
            control={control}
            name={`stages.${index}.minRequests`}
            label="Requests"
            min={1}
            step={1}
          />
          <NumberField
            control={control}
            name={`stages.${index}.maxMinutes`}
            label="At most"
            unit="min"
            min={0}
          />
          <Button
            variant="ghost"
            size="icon"
            className="mt-6"
            aria-label={`Remove stage ${index + 1}`}
            disabled={fields.length === 1}
            onClick={() => {
              remove(index);
              addButton.current?.focus();
            }}
          >
            <Trash2 aria-hidden />
          </Button>
        </fieldset>
      ))}
      <Button
        ref={addButton}
        size="sm"
        className="self-start"
        disabled={fields.length >= 20}
        onClick={() => append({ sharePercent: null, minRequests: 400, maxMinutes: 60 })}
      >
        <Plus aria-hidden /> Add stage
      </Button>
      <p className="text-sm text-fg-subtle">
        Each arm serves that many requests before the share grows. When the time is over without them, or
        without the proof, the time-out decides: no data is never a success.
      </p>
    </fieldset>
  );
}

/** A criterion that one number says all of. */
function Allowance(props: {
  control: Props["control"];
  on: "errorOn" | "accuracyOn" | "absoluteOn" | "squaredOn";
  label: string;
  name: "errorPoints" | "accuracyPoints" | "absolutePercent" | "squaredPercent";
  allowed: string;
  unit: string;
}) {
  const { control, on, label, name, allowed, unit } = props;
  return (
    <>
      <CheckboxField control={control} name={on} label={label} />
      {useWatch({ control, name: on }) ? (
        <NumberField className="pl-6" control={control} name={name} label={allowed} unit={unit} min={0} />
      ) : null}
    </>
  );
}

function Criteria({ control }: Props) {
  const [slowOn, ...feedbackOn] = useWatch({
    control,
    name: ["slowOn", "accuracyOn", "absoluteOn", "squaredOn"],
  });
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 font-medium">Criteria, canary against stable</legend>
      <Allowance
        control={control}
        on="errorOn"
        label="Error rate"
        name="errorPoints"
        allowed="May rise by"
        unit="points"
      />
      <CheckboxField control={control} name="slowOn" label="Share of slow requests" />
      {slowOn ? (
        <div className="grid gap-2 pl-6 sm:grid-cols-3">
          <NumberField control={control} name="slowBoundMs" label="Slow is over" unit="ms" min={0} />
          <NumberField control={control} name="slowPoints" label="May rise by" unit="points" min={0} />
          <NumberField
            control={control}
            name="slowLimitPercent"
            label="And be at most"
            unit="%"
            hint="Whatever the stable version does; 1% is p99 within the bound"
            optional
            min={0}
            max={100}
          />
        </div>
      ) : null}
      <Allowance
        control={control}
        on="accuracyOn"
        label="Accuracy, from feedback"
        name="accuracyPoints"
        allowed="May drop by"
        unit="points"
      />
      <Allowance
        control={control}
        on="absoluteOn"
        label="Mean absolute error, from numeric feedback"
        name="absolutePercent"
        allowed="May rise by"
        unit="%"
      />
      <Allowance
        control={control}
        on="squaredOn"
        label="Mean squared error, from numeric feedback"
        name="squaredPercent"
        allowed="May rise by"
        unit="%"
      />
      {feedbackOn.some(Boolean) ? (
        <NumberField control={control} name="minFeedback" label="Labels in each arm" min={10} step={1} />
      ) : null}
    </fieldset>
  );
}

/** How a canary grows and what it is judged by. */
export function PlanEditor({ control }: Props) {
  return (
    <section aria-label="Canary plan" className="flex flex-col gap-5 rounded-lg border bg-surface p-4">
      <SelectField
        control={control}
        name="advanceWhen"
        label="A stage ends"
        hint="Without proof a worse version can pass, because little was seen of it."
        options={[
          { value: "proven", label: "When every metric is proven no worse than allowed" },
          { value: "not-worse", label: "As soon as no metric is shown worse" },
        ]}
      />
      <Stages control={control} />
      <Criteria control={control} />
      <div className="grid gap-3 sm:grid-cols-3">
        <NumberField
          control={control}
          name="alphaPercent"
          label="False alarms"
          unit="%"
          hint="Chance to roll back an equally good version"
          min={0}
          max={20}
        />
        <NumberField control={control} name="minBadEvents" label="Least bad events" min={1} step={1} />
        <SelectField
          control={control}
          name="onTimeout"
          label="When a stage's time is over"
          options={[
            { value: "hold", label: "Hold for a person" },
            { value: "rollback", label: "Roll back" },
          ]}
        />
        <SelectField
          control={control}
          name="watchOnWorse"
          label="When proven worse after the promotion"
          hint="Than the version before was in its last week"
          options={[
            { value: "rollback", label: "Roll back" },
            { value: "offer", label: "Raise an alert that offers it" },
            { value: "off", label: "Do not watch" },
          ]}
        />
        <NumberField
          control={control}
          name="watchHours"
          label="Watch it for"
          unit="hours"
          min={0}
          max={336}
        />
      </div>
    </section>
  );
}
