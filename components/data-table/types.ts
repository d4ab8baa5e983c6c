import type { ReactNode } from "react";

export type Column<Row> = {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  sortable?: boolean;
  /** The first click sorts downwards: where the largest is the best. */
  largestFirst?: boolean;
  align?: "start" | "end";
  /** Not shown until the user asks for it. */
  defaultHidden?: boolean;
  /** Cannot be hidden: the column that names the row. */
  fixed?: boolean;
  /** Leave it out on narrower screens. */
  from?: "sm" | "md" | "lg" | "xl";
  className?: string;
};

export type Facet = {
  id: string;
  label: string;
  /** One option at a time: another takes its place, the chosen one chosen again clears it. */
  single?: boolean;
  options: readonly { value: string; label: string; count?: number }[];
};

export type Sort = { id: string; desc: boolean };

/** What a list asks the server for; everything in it is in the URL. */
export type TableQuery = {
  q: string;
  sort: Sort | null;
  cursor: string | null;
  facets: Readonly<Record<string, readonly string[]>>;
};

export type Selection = {
  ids: readonly string[];
  allMatching: boolean;
  count: number;
  /** The row in words, also of one on another page. */
  nameOf: (id: string) => string;
  deselect: (ids: readonly string[]) => void;
  clear: () => void;
};
