"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useFieldArray, useForm, useWatch } from "react-hook-form";
import { readError } from "@/components/kit/error-shape";
import { Form, FormErrorSummary, SubmitBar } from "@/components/form/form";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { toast } from "@/components/ui/toast";
import type { AlertRoute } from "@/server/monitoring/alerts/telling/schemas";
import { RouteFields, type Member } from "./route-fields";
import {
  fromRoutes,
  NEW_ROUTE,
  putProblems,
  routeLabelOf,
  toRoutes,
  type RoutingValues,
} from "./routing-form";
import { RoutingPreview } from "./routing-preview";

/** The routes as they are typed; `wrong` while something in them is missing or wrong, null until they have been read. */
function useTyped(values: RoutingValues): AlertRoute[] | "wrong" | null {
  const [typed, setTyped] = useState<AlertRoute[] | "wrong" | null>(null);
  const key = JSON.stringify(values);
  // Effect: the schema that reads the form is loaded when it is first needed.
  useEffect(() => {
    let isCurrent = true;
    void toRoutes(JSON.parse(key) as RoutingValues).then((read) => {
      if (isCurrent) setTyped(read.success ? read.data : "wrong");
    });
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return typed;
}

/** Edits the team's routes. What is typed outlives what others save meanwhile, and says so. */
export function RoutingEditor({
  routes,
  revision,
  members,
}: {
  routes: readonly AlertRoute[];
  revision: number;
  members: readonly Member[];
}) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const form = useForm<RoutingValues>({ defaultValues: fromRoutes(routes) });
  /** The revision that the typed routes began from. */
  const [base, setBase] = useState(revision);
  const begin = (from: readonly AlertRoute[], at: number) => {
    form.reset(fromRoutes(from));
    setBase(at);
  };
  const { control, setError, clearErrors } = form;
  /** Takes the focus of a route that is removed. */
  const addButton = useRef<HTMLButtonElement>(null);
  const { fields, append, remove, move } = useFieldArray({ control, name: "routes" });
  const set = useMutation(trpc.monitoring.setRouting.mutationOptions({ meta: { handlesError: true } }));
  const values = useWatch({ control });
  const typed = useTyped(values as RoutingValues);
  const save = form.handleSubmit(async (sent) => {
    clearErrors();
    const read = await toRoutes(sent);
    if (!read.success) {
      putProblems(
        setError,
        read.error.issues.map((issue) => [["routes", ...issue.path].join("."), issue.message]),
      );
      return;
    }
    try {
      const saved = await set.mutateAsync({ routes: read.data, revision: base });
      begin(read.data, saved.revision);
      toast.success("Saved: alerts go by these routes from now on.");
      await client.invalidateQueries({ queryKey: trpc.monitoring.routing.queryKey() });
    } catch (error) {
      const view = readError(error);
      // What somebody else saved is offered above the form.
      if (view.code === "conflict") {
        await client.invalidateQueries({ queryKey: trpc.monitoring.routing.queryKey() });
        return;
      }
      const named = Object.entries(view.fields);
      putProblems(setError, [
        ...named.map(([path, messages]) => [path, messages.join(" ")] as const),
        ...(named.length === 0
          ? [["root", [view.message, view.hint].filter(Boolean).join(" ")] as const]
          : []),
      ]);
    }
  });
  return (
    <div className="flex flex-col gap-6">
      <Form label="Routes of alerts" onSubmit={save} className="max-w-4xl">
        <FormErrorSummary control={control} labels={routeLabelOf} />
        {revision > base ? (
          <Callout tone="warning" title="Somebody else has saved other routes meanwhile">
            <p>Yours are not saved. If you keep yours and save them, they take the place of theirs.</p>
            <div className="mt-2 flex flex-wrap gap-2">
              <Button size="sm" onClick={() => begin(routes, revision)}>
                Show theirs instead
              </Button>
              <Button size="sm" onClick={() => setBase(revision)}>
                Keep mine
              </Button>
            </div>
          </Callout>
        ) : null}
        {fields.map((field, index) => (
          <RouteFields
            key={field.id}
            control={control}
            index={index}
            members={members}
            last={index === fields.length - 1}
            onMove={(to) => move(index, to)}
            onRemove={() => {
              remove(index);
              addButton.current?.focus();
            }}
          />
        ))}
        <Button
          ref={addButton}
          className="self-start"
          disabled={fields.length >= 50}
          onClick={() => append(NEW_ROUTE)}
        >
          <Plus aria-hidden /> Add route
        </Button>
        <SubmitBar submitLabel="Save routes" pending={set.isPending} />
      </Form>
      <RoutingPreview routes={typed} />
    </div>
  );
}
