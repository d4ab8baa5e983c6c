"use client";
import { useQueries } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { UseFormReturn } from "react-hook-form";
import { useTRPC } from "@/components/kit/trpc";
import { columnsAfter, nameAfter, type TableColumn } from "./launch-columns";
import type { InputChoice } from "./launch-fields";
import type { LaunchTemplate, LaunchValues } from "./launch-values";

/** The columns of the table that is chosen for each input, by the input's name; without those that are not read yet. */
export function useTables(inputs: Readonly<Record<string, string>>): ReadonlyMap<string, TableColumn[]> {
  const trpc = useTRPC();
  const chosen = Object.entries(inputs).filter(([, id]) => id !== "");
  return useQueries({
    queries: chosen.map(([, id]) => trpc.datasets.version.queryOptions({ id })),
    combine: (results) =>
      new Map(
        results.flatMap(({ data }, index) => {
          const name = chosen[index]?.[0];
          if (!data || name === undefined) return [];
          const columns = data.columns.map((column) => ({
            name: column.name,
            distinct: data.profile.find((each) => each.name === column.name)?.distinct ?? null,
          }));
          return [[name, columns] as const];
        }),
      ),
  });
}

/** When another table is chosen, columns and names that came from the one before follow it; what a person typed stays. */
export function useFollowTable(
  template: LaunchTemplate,
  form: UseFormReturn<LaunchValues>,
  choices: readonly InputChoice[],
  inputs: Readonly<Record<string, string>>,
  tables: ReadonlyMap<string, TableColumn[]>,
): void {
  const named = useRef(new Map(Object.entries(inputs)));
  const followed = useRef(new Map<string, TableColumn[]>());
  // Effect: the choices and columns come from the server; what people edit cannot be derived from them.
  useEffect(() => {
    for (const parameter of template.spec.parameters) {
      if (parameter.type !== "string") continue;
      const field = `params.${parameter.name}` as const;
      const after = parameter.namedAfter;
      const id = after === undefined ? undefined : inputs[after];
      if (after !== undefined && named.current.get(after) !== id && !form.getFieldState(field).isDirty)
        form.resetField(field, {
          defaultValue: nameAfter(parameter, choices.find((each) => each.id === id)?.slug),
        });
      const input = parameter.columnOf ?? parameter.columnsOf;
      const columns = input === undefined ? undefined : tables.get(input);
      if (input === undefined || !columns || followed.current.get(`${field} ${inputs[input]}`)) continue;
      followed.current.set(`${field} ${inputs[input]}`, columns);
      const value = String(form.getValues(field) ?? "");
      const next = columnsAfter(parameter, value, columns);
      if (next !== value) form.setValue(field, next);
    }
    for (const [name, id] of Object.entries(inputs)) named.current.set(name, id);
  }, [template, form, choices, inputs, tables]);
}
