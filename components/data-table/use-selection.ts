"use client";
import { useState } from "react";
import type { Selection, TableQuery } from "./types";

/** The chosen rows of a list, over its pages: by id, each with the name it had when it was chosen. */
export function useSelection<Row>(list: {
  rows: readonly Row[] | undefined;
  getRowId: (row: Row) => string;
  rowLabel: (row: Row) => string;
  total?: number;
  state: Pick<TableQuery, "q" | "facets">;
}) {
  const [ids, setIds] = useState<ReadonlyMap<string, string>>(new Map());
  const [allOf, setAllOf] = useState<string | null>(null);
  const narrowedBy = JSON.stringify([list.state.q, list.state.facets]);
  // Who chose all of one filter did not choose all of the next, nor of this one on coming back to it.
  if (allOf !== null && allOf !== narrowedBy) setAllOf(null);
  const allMatching = allOf === narrowedBy;
  const labelOf = (id: string) => {
    const row = list.rows?.find((each) => list.getRowId(each) === id);
    return row === undefined ? id : list.rowLabel(row);
  };
  const clear = () => {
    setIds(new Map());
    setAllOf(null);
  };
  const set = (changed: readonly string[], on: boolean) => {
    setAllOf(null);
    const next = new Map(ids);
    for (const id of changed) {
      if (on) next.set(id, labelOf(id));
      else next.delete(id);
    }
    setIds(next);
  };
  const count = allMatching ? (list.total ?? ids.size) : ids.size;
  const chosen: Selection = {
    ids: [...ids.keys()],
    allMatching,
    count,
    nameOf: (id) => ids.get(id) ?? id,
    deselect: (done) => set(done, false),
    clear,
  };
  const chooseAllMatching = () => setAllOf(narrowedBy);
  return { ids, allMatching, chooseAllMatching, set, clear, count, chosen };
}
