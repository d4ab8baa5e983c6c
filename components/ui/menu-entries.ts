import type { ReactNode } from "react";

/** What a menu shows, as data: the parts that draw it are loaded later. */
export type MenuEntry =
  | { type: "label"; text: ReactNode }
  | { type: "text"; text: ReactNode }
  | { type: "separator" }
  | { type: "item"; label: ReactNode; onSelect: () => void }
  | { type: "link"; label: ReactNode; href: string; download?: boolean }
  /** Options of which one holds. */
  | {
      type: "choice";
      value: string;
      onChange: (value: string) => void;
      options: readonly { value: string; label: ReactNode }[];
    }
  /** An option that is on or off; the menu stays open. */
  | {
      type: "check";
      id: string;
      label: ReactNode;
      checked: boolean;
      disabled?: boolean;
      onChange: (on: boolean) => void;
    };

export type MenuPlace = { align?: "start" | "end"; side?: "top" | "bottom"; className?: string };
