"use client";
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { useRef } from "react";
import { type Control, useFieldArray } from "react-hook-form";
import { CheckboxField } from "@/components/form/checkbox-field";
import { NumberField, SelectField } from "@/components/form/fields";
import { Button } from "@/components/ui/button";
import { ALERT_KINDS } from "@/server/monitoring/alerts/rules";
import { CheckSet } from "./check-set";
import type { RoutingValues } from "./routing-form";

export interface Member {
  userId: string;
  name: string;
}

const ROLES = [
  { value: "viewer", label: "Viewers" },
  { value: "member", label: "Members" },
  { value: "reviewer", label: "Reviewers" },
  { value: "admin", label: "Team admins" },
];
const KINDS = Object.entries(ALERT_KINDS).map(([value, label]) => ({ value, label }));
const people = (members: readonly Member[]) =>
  members.map(({ userId, name }) => ({ value: userId, label: name }));

type Props = { control: Control<RoutingValues>; index: number; members: readonly Member[] };

function Escalation({ control, index, members }: Props) {
  /** Takes the focus of a level that is removed. */
  const addButton = useRef<HTMLButtonElement>(null);
  const { fields, append, remove } = useFieldArray({ control, name: `routes.${index}.escalation` });
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 text-sm font-medium">Escalation, until somebody acknowledges the alert</legend>
      {fields.map((field, level) => (
        <fieldset
          key={field.id}
          aria-label={`Level ${level + 1}`}
          className="flex flex-col gap-3 border-l-2 pl-3"
        >
          <div className="flex items-end gap-2">
            <NumberField
              control={control}
              name={`routes.${index}.escalation.${level}.afterMinutes`}
              label="After"
              unit="min"
              min={1}
              step={1}
            />
            <Button
              variant="ghost"
              size="icon"
              aria-label={`Remove level ${level + 1}`}
              onClick={() => {
                remove(level);
                addButton.current?.focus();
              }}
            >
              <Trash2 aria-hidden />
            </Button>
          </div>
          <CheckSet
            control={control}
            name={`routes.${index}.escalation.${level}.roles`}
            label="Roles"
            options={ROLES}
          />
          <CheckSet
            control={control}
            name={`routes.${index}.escalation.${level}.userIds`}
            label="People"
            options={people(members)}
          />
        </fieldset>
      ))}
      <Button
        ref={addButton}
        size="sm"
        className="self-start"
        disabled={fields.length >= 5}
        onClick={() => append({ afterMinutes: 30 * (fields.length + 1), roles: ["admin"], userIds: [] })}
      >
        <Plus aria-hidden /> Add level
      </Button>
    </fieldset>
  );
}

/** One route: which alerts it takes, whom it tells, how often, and to whom it escalates. */
export function RouteFields({
  control,
  index,
  members,
  last,
  onMove,
  onRemove,
}: Props & { last: boolean; onMove: (to: number) => void; onRemove: () => void }) {
  return (
    <fieldset
      aria-label={`Route ${index + 1}`}
      className="flex min-w-0 flex-col gap-4 rounded-lg border bg-surface p-4"
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-semibold">Route {index + 1}</h3>
        <div className="flex gap-1">
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Move route ${index + 1} up`}
            // Not disabled: at the end of its way it keeps the focus.
            aria-disabled={index === 0}
            onClick={() => (index === 0 ? undefined : onMove(index - 1))}
          >
            <ArrowUp aria-hidden />
          </Button>
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Move route ${index + 1} down`}
            aria-disabled={last}
            onClick={() => (last ? undefined : onMove(index + 1))}
          >
            <ArrowDown aria-hidden />
          </Button>
          <Button variant="ghost" size="icon" aria-label={`Remove route ${index + 1}`} onClick={onRemove}>
            <Trash2 aria-hidden />
          </Button>
        </div>
      </div>
      <SelectField
        control={control}
        name={`routes.${index}.severity`}
        label="Severity"
        options={[
          { value: "", label: "Critical and warning" },
          { value: "critical", label: "Critical" },
          { value: "warning", label: "Warning" },
        ]}
      />
      <CheckSet
        control={control}
        name={`routes.${index}.kinds`}
        label="Kinds"
        hint="None ticked: every kind"
        options={KINDS}
      />
      <CheckSet control={control} name={`routes.${index}.roles`} label="Tells these roles" options={ROLES} />
      <CheckSet
        control={control}
        name={`routes.${index}.userIds`}
        label="And these people"
        options={people(members)}
      />
      <div className="flex flex-wrap gap-x-6 gap-y-2">
        <CheckboxField control={control} name={`routes.${index}.owner`} label="The owner of the deployment" />
        <CheckboxField control={control} name={`routes.${index}.webhook`} label="The operator's receiver" />
      </div>
      <div className="grid gap-3 sm:grid-cols-3">
        <NumberField
          control={control}
          name={`routes.${index}.groupWaitSeconds`}
          label="Wait for others"
          unit="s"
          hint="Alerts of one deployment and severity are told together"
          min={0}
          step={1}
        />
        <NumberField
          control={control}
          name={`routes.${index}.groupIntervalSeconds`}
          label="Tell changes after"
          unit="s"
          min={1}
          step={1}
        />
        <NumberField
          control={control}
          name={`routes.${index}.repeatMinutes`}
          label="Tell again after"
          unit="min"
          hint="Until acknowledged; empty: never"
          optional
          min={1}
          step={1}
        />
      </div>
      <Escalation control={control} index={index} members={members} />
    </fieldset>
  );
}
