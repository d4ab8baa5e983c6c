import type { Topic, TopicMaker } from "./topic";

/** Icons that a thing can have; `components/common/entity-icons.ts` draws them. */
export type ThingIcon =
  | "bell"
  | "boxes"
  | "clipboard-check"
  | "cpu"
  | "database"
  | "file-check-2"
  | "flask-conical"
  | "gauge"
  | "git-branch"
  | "line-chart"
  | "play"
  | "rocket"
  | "scroll-text"
  | "user"
  | "users";
/** Icons that a place can have; `components/shell/nav-icons.ts` draws them. */
export type PlaceIcon =
  | "activity"
  | "bell"
  | "book-open"
  | "boxes"
  | "clipboard-check"
  | "cpu"
  | "database"
  | "file-check-2"
  | "flask-conical"
  | "gauge"
  | "house"
  | "inbox"
  | "layout-template"
  | "lightbulb"
  | "list-checks"
  | "rocket"
  | "scroll-text"
  | "server"
  | "shield-check"
  | "user"
  | "users";
/** Icons that a state can have; `components/common/status.ts` draws them. */
export type StatusIcon =
  | "archive"
  | "ban"
  | "bell"
  | "bell-off"
  | "circle-alert"
  | "circle-check"
  | "circle-dashed"
  | "circle-dot"
  | "circle-help"
  | "circle-pause"
  | "circle-slash"
  | "circle-x"
  | "clock"
  | "eye"
  | "file-pen"
  | "git-branch"
  | "hourglass"
  | "loader-circle"
  | "rotate-ccw"
  | "shield-check"
  | "timer"
  | "triangle-alert"
  | "undo-2";

export interface StatusWord {
  label: string;
  icon: StatusIcon;
  tone: "neutral" | "info" | "positive" | "warning" | "negative";
  moving?: true;
}

export interface Thing {
  icon: ThingIcon;
  word: string;
  /** Stands at an end of lineage edges. */
  lineage?: true;
}

/** The sidebar's groups in the order of the line; `elsewhere` is reached from the palette and menus. */
export const PLACE_GROUPS = [
  "start",
  "Data",
  "Build",
  "Govern",
  "Run",
  "Observe",
  "Admin",
  "elsewhere",
] as const;

export interface Place {
  group: (typeof PLACE_GROUPS)[number];
  /** Where in its group. */
  at: number;
  href: string;
  label: string;
  icon: PlaceIcon;
  /** Second key after `g`. */
  key?: string;
  /** Whom it is for; everybody when left out. A team's admins see what is for `admins` while the team is active. */
  audience?: "platform" | "admins";
  /** Pages elsewhere that belong to it. */
  also?: readonly string[];
}

/** What a room has: the beginnings of its ids, its things, the words of their states, what live pages listen to, its places in the portal. */
export interface RoomKinds {
  ids: Readonly<Record<string, string>>;
  things: Readonly<Record<string, Thing>>;
  statuses: Readonly<Record<string, StatusWord>>;
  topics: readonly (Topic | TopicMaker)[];
  places: readonly Place[];
}
