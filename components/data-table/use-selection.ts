"use client";
import { useState } from "react";
import type { Selection } from "./types";

/** The chosen rows of a list, over its pages: by id, each with the name it had when it was chosen. */
export function useSelection<Row>(list: {
  rows: readonly Row[] | undefined;
  getRowId: (row: Row) => string;
  rowLabel: (row: Row) => string;
  total?: number;
}) {
  const [ids, setIds] = useState<ReadonlyMap<string, string>>(new Map());
  const [allMatching, setAllMatching] = useState(false);
  const labelOf = (id: string) => {
    const row = list.rows?.find((each) => list.getRowId(each) === id);
    return row === undefined ? id : list.rowLabel(row);
  };
  const clear = () => {
    setIds(new Map());
    setAllMatching(false);
  };
  const set = (changed: readonly string[], on: boolean) => {
    setAllMatching(false);
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
  return { ids, allMatching, setAllMatching, set, clear, count, chosen };
}
