"use client";
import { toast } from "@/components/ui/toast";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { readError } from "@/components/kit/error-shape";
import { formatCount } from "@/components/common/format";
import { Button } from "@/components/ui/button";
import type { Selection } from "./types";

/** So many are done in one go; more than that is work for a script. */
const MOST = 200;
const AT_ONCE = 4;

export type BulkEachProps = {
  selection: Selection;
  /** The button: "Archive". */
  label: string;
  /** What is selected: "dataset". */
  noun: string;
  /** After the count: "archived". */
  done: string;
  consequence: string;
  tone?: "danger" | "primary";
  /** Why the person may not. */
  blocked?: string;
  run: (id: string) => Promise<unknown>;
  onDone: () => unknown;
};

interface Outcome {
  id: string;
  error?: unknown;
}

async function runAll(ids: readonly string[], run: BulkEachProps["run"]): Promise<Outcome[]> {
  const waiting = [...ids];
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const outcome = await run(id).then(
        () => ({ id }),
        (error: unknown) => ({ id, error }),
      );
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

const NAMED = 10;

/** For each reason the rows it kept back: "tumours, scans: The dataset is in use." */
function reasonsOf(failed: readonly Outcome[], nameOf: Selection["nameOf"]): string {
  const names = new Map<string, string[]>();
  for (const { id, error } of failed) {
    const { message, hint } = readError(error);
    const reason = hint ? `${message} ${hint}` : message;
    names.set(reason, [...(names.get(reason) ?? []), nameOf(id)]);
  }
  return [...names]
    .map(([reason, of]) => {
      const more = of.length > NAMED ? ` and ${of.length - NAMED} more` : "";
      return `${of.slice(0, NAMED).join(", ")}${more}: ${reason}`;
    })
    .join(" ");
}

/** One act on each selected row, after asking. What failed stays selected and is named with its reason; the rest is done. */
export function BulkEach(props: BulkEachProps) {
  const { selection, label, noun, done, consequence, tone, run, onDone } = props;
  const blocked = props.blocked ?? (selection.ids.length > MOST ? `Choose at most ${MOST}.` : undefined);
  const button = <Button size="sm">{label}</Button>;
  if (blocked) return <DisabledReason reason={blocked}>{button}</DisabledReason>;
  const all = async () => {
    const outcomes = await runAll(selection.ids, run);
    const failed = outcomes.filter((outcome) => "error" in outcome);
    await onDone();
    if (failed.length === 0) {
      toast.success(`${formatCount(outcomes.length, noun)} ${done}`);
      selection.clear();
      return;
    }
    const succeeded = outcomes.filter((outcome) => !("error" in outcome)).map((outcome) => outcome.id);
    selection.deselect(succeeded);
    throw Object.assign(new Error(`${formatCount(succeeded.length, noun)} ${done}, ${failed.length} not.`), {
      hint: reasonsOf(failed, selection.nameOf),
    });
  };
  return (
    <ConfirmDialog
      trigger={button}
      title={`${label} ${formatCount(selection.count, noun)}?`}
      consequence={consequence}
      confirmLabel={label}
      tone={tone}
      onConfirm={all}
    />
  );
}
