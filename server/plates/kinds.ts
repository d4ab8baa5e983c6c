import type { Place, RoomKinds, StatusWord, Thing } from "./kind";
import * as rooms from "./rooms";
import type { Topic } from "./topic";

type Kinds = (typeof rooms)[keyof typeof rooms];
type KeysOfEach<T> = T extends unknown ? keyof T : never;
type Marked<T> = T extends unknown
  ? { [K in keyof T]: T[K] extends { lineage: true } ? K : never }[keyof T]
  : never;

/** What `newId` knows. */
export type IdKind = KeysOfEach<Kinds["ids"]>;
export type ThingKind = KeysOfEach<Kinds["things"]>;
/** What stands at the ends of lineage edges. */
export type LineageKind = Marked<Kinds["things"]>;

const all: readonly RoomKinds[] = Object.values(rooms);
const merged = <T>(part: (kinds: RoomKinds) => Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.assign({}, ...all.map(part));

export const ID_PREFIXES = merged((kinds) => kinds.ids) as Readonly<Record<IdKind, string>>;
const things: Readonly<Record<string, Thing | undefined>> = merged((kinds) => kinds.things);
export const statusWords: Readonly<Record<string, StatusWord | undefined>> = merged(
  (kinds) => kinds.statuses,
);
export const places: readonly Place[] = all.flatMap((kinds) => kinds.places).toSorted((a, b) => a.at - b.at);

/** A kind of thing by its name, also for names that only a row knows. */
export const thingOf = (kind: string): Thing | undefined => things[kind];

const topics = all.flatMap((kinds) => kinds.topics);

/** The topic of this name, when a room has it and this person may listen; a name from outside proves nothing by itself. */
export function topicNamed(name: string, userId: string): Topic | undefined {
  const at = name.indexOf(":");
  for (const each of topics) {
    if (typeof each === "string") {
      if (each === name) return each;
    } else if (at !== -1 && each.of === name.slice(0, at)) {
      const id = name.slice(at + 1);
      return each.personal && id !== userId ? undefined : each(id);
    }
  }
  return undefined;
}

/** The topic of one thing of any room, by the name of its kind; none for kinds that no page follows. */
export const topicsOfThing = (kind: string, id: string): readonly Topic[] =>
  topics.flatMap((each) => (typeof each !== "string" && each.of === kind ? [each(id)] : []));
