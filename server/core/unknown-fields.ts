/* oxlint-disable no-underscore-dangle -- zod keeps what a schema is under `_zod` */
import type { z } from "zod";

type Schema = z.core.$ZodType;
type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** What stands inside of wrappers and forks; itself where it is none. */
function within(schema: Schema): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "union":
      return def.options;
    case "intersection":
      return [def.left, def.right];
    case "pipe":
      return [def.in, def.out];
    case "lazy":
      return [def.getter()];
    default:
      return "innerType" in def ? [def.innerType] : [];
  }
}

/** The schemas of what an object or list holds under a name. */
function under(schema: Schema, key: PropertyKey): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === "array") return [def.element];
  if (def.type === "record" || def.type === "map") return [def.valueType];
  if (def.type === "tuple") return [def.items[Number(key)] ?? def.rest].filter((each) => !!each);
  const found = def.type === "object" ? def.shape[String(key)] : undefined;
  return found ? [found] : within(schema).flatMap((each) => under(each, key));
}

function namesOf(schema: Schema): readonly string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === "object" ? Object.keys(def.shape) : within(schema).flatMap(namesOf);
}

/** The fields that may stand at a place of an input. */
export function namesAt(schema: Schema, path: Path = []): readonly string[] {
  const found = path.reduce<readonly Schema[]>(
    (all, key) => all.flatMap((each) => under(each, key)),
    [schema],
  );
  return [...new Set(found.flatMap(namesOf))];
}

/** How many letters must change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of a.split("").entries()) {
    const next = [i + 1];
    for (const [j, other] of b.split("").entries()) {
      const swap = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** The known name that was probably meant: written in another way, with a letter or two wrong, or without its beginning or unit. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const asked = plain(given.slice(0, 80));
  if (asked === "") return undefined;
  const ranked = names
    .map((name) => {
      const own = plain(name);
      const isPart =
        Math.min(own.length, asked.length) >= 3 && (own.startsWith(asked) || asked.startsWith(own));
      return { name, far: isPart ? 1 : distance(asked, own), enough: Math.max(1, own.length / 2.5) };
    })
    .filter(({ far, enough }) => far <= enough)
    .toSorted((a, b) => a.far - b.far);
  return ranked[0]?.name;
}

const SHOWN_NAMES = 12;

function words(key: string, names: readonly string[] | undefined): string {
  if (!names) return "is not known here";
  const near = nearestName(key, names);
  if (near) return `is not known here; did you mean ${near}?`;
  if (names.length === 0) return "is not known here: nothing is asked for";
  const more = names.length > SHOWN_NAMES ? ", …" : "";
  return `is not known here; what is known: ${names.slice(0, SHOWN_NAMES).join(", ")}${more}`;
}

/** Of several forms that fit none, the one that fits but for fields that it does not know says which those are. */
export function toldIssues(issue: Issue): readonly Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const forms = issue.errors
    .map((errors) => errors.flatMap(toldIssues))
    .filter((errors) => errors.length > 0 && errors.every(({ code }) => code === "unrecognized_keys"))
    .toSorted((a, b) => a.length - b.length);
  return forms[0]?.map((each) => ({ ...each, path: [...issue.path, ...each.path] })) ?? [issue];
}

/** Names each unknown field by its place, with the name that was probably meant. */
export function unknownFields(
  issue: z.core.$ZodIssueUnrecognizedKeys,
  schema: Schema | undefined,
): [path: string, words: string][] {
  const names = schema && namesAt(schema, issue.path);
  return issue.keys.map((key) => [[...issue.path, key].map(String).join("."), words(key, names)]);
}
