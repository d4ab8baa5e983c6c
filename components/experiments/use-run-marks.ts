"use client";
import { parseAsArrayOf, parseAsString, useQueryStates } from "nuqs";

const parsers = {
  pin: parseAsArrayOf(parseAsString).withDefault([]),
  base: parseAsString,
  group: parseAsString,
};

/** At most so many runs stay on top. */
const MOST_PINS = 20;

export interface RunMarks {
  /** Runs that stay on top of every page of the list. */
  pins: readonly string[];
  /** The run that the others are measured against. */
  baseline: string | null;
  /** The parameter by which the runs stand together. */
  group: string | null;
  togglePin: (id: string) => void;
  setBaseline: (id: string | null) => void;
  setGroup: (param: string | null) => void;
}

/** What a person marked in a table of runs; in the address, so that a link shows the same. */
export function useRunMarks(): RunMarks {
  const [marks, set] = useQueryStates(parsers, { history: "replace" });
  return {
    pins: marks.pin.slice(0, MOST_PINS),
    baseline: marks.base,
    group: marks.group,
    togglePin: (id) => {
      const rest = marks.pin.filter((each) => each !== id);
      const next = rest.length < marks.pin.length ? rest : [...marks.pin, id].slice(-MOST_PINS);
      void set({ pin: next.length > 0 ? next : null });
    },
    setBaseline: (id) => void set({ base: id }),
    setGroup: (param) => void set({ group: param }),
  };
}
