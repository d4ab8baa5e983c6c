"use client";
import { parseAsArrayOf, parseAsString, useQueryStates } from "nuqs";
import { useMemo } from "react";
import type { Sort, TableQuery } from "./types";

export type TableState = TableQuery & {
  /** Columns whose visibility differs from their default. */
  toggled: readonly string[];
  setQ: (q: string) => void;
  setSort: (sort: Sort | null) => void;
  setFacet: (id: string, values: readonly string[]) => void;
  setCursor: (cursor: string | null) => void;
  setToggled: (ids: readonly string[]) => void;
  /** Back to the list as it opens. */
  reset: () => void;
  /** Whether a search or facet narrows the list. */
  filtered: boolean;
};

export type TableStateOptions = {
  facets?: readonly string[];
  defaultSort?: Sort;
  /** Distinguishes two tables of one page. */ prefix?: string;
};

function parseSort(value: string | null, fallback: Sort | undefined): Sort | null {
  if (value === null) return fallback ?? null;
  return value.startsWith("-") ? { id: value.slice(1), desc: true } : { id: value, desc: false };
}

/** The state of a server-paged list, kept in the URL: `q`, `sort` (`-x` descends), `after`, `cols`, and one key per facet. */
export function useTableState({ facets = [], defaultSort, prefix = "" }: TableStateOptions = {}): TableState {
  const key = (name: string) => `${prefix}${name}`;
  const parsers = {
    [key("q")]: parseAsString,
    [key("sort")]: parseAsString,
    [key("after")]: parseAsString,
  };
  const listParsers = Object.fromEntries(
    [key("cols"), ...facets.map(key)].map((name) => [name, parseAsArrayOf(parseAsString)]),
  );
  const [text, setText] = useQueryStates(parsers, { history: "push" });
  const [lists, setLists] = useQueryStates(listParsers, { history: "push" });
  const first = { [key("after")]: null };
  const q = text[key("q")] ?? "";
  const chosen = Object.fromEntries(facets.map((id) => [id, lists[key(id)] ?? []]));
  const sortText = text[key("sort")] ?? null;
  const sort = useMemo(() => parseSort(sortText, defaultSort), [sortText, defaultSort]);
  return {
    q,
    sort,
    cursor: text[key("after")] ?? null,
    facets: chosen,
    toggled: lists[key("cols")] ?? [],
    filtered: q !== "" || facets.some((id) => (chosen[id] ?? []).length > 0),
    setQ: (next) => void setText({ [key("q")]: next || null, ...first }, { history: "replace" }),
    setSort: (next) =>
      void setText({ [key("sort")]: next ? `${next.desc ? "-" : ""}${next.id}` : null, ...first }),
    setCursor: (next) => void setText({ [key("after")]: next }),
    setFacet: (id, values) => {
      void setText(first);
      void setLists({ [key(id)]: values.length > 0 ? [...values] : null });
    },
    setToggled: (ids) =>
      void setLists({ [key("cols")]: ids.length > 0 ? [...ids] : null }, { history: "replace" }),
    reset: () => {
      void setText({ [key("q")]: null, ...first });
      void setLists(Object.fromEntries(facets.map((id) => [key(id), null])));
    },
  };
}
