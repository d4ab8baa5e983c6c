import { firstCharacters } from "@/server/core/characters";
import { invalidField } from "@/server/core/errors";
import { normalizedPassword } from "./rules";

/** Tries that an attacker who knows lists, keyboards and dates needs at most; NIST SP 800-63B throttles the guessing itself. */
const FEWEST_GUESSES = 1e6;
/** What lies beyond adds nothing to a verdict, and much to the time it takes. */
const JUDGED_CHARACTERS = 64;

type Judge = (password: string, own: string[]) => number;

let judging: Promise<Judge> | undefined;

/** Loaded when first asked: the list is three megabytes that no other request needs. */
async function loadJudge(): Promise<Judge> {
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ]);
  const factory = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  return (password, own) => factory.check(password, own).guesses;
}

/**
 * Whether a password is on the lists which guessing begins with: common ones, sequences, repetitions, keyboard rows, and what belongs to
 * the person or the product.
 * @param own words that anyone would try for this person: address, name.
 */
export async function isCommonPassword(password: string, own: readonly string[]): Promise<boolean> {
  judging ??= loadJudge();
  const judge = await judging;
  const parts = own.flatMap((word) => word.split(/[^\p{L}\p{N}]+/u));
  const joined = own.map((word) => word.replaceAll(/[^\p{L}\p{N}]+/gu, ""));
  const words = ["modelworks", ...own, ...parts, ...joined];
  const guesses = judge(
    // As it is hashed: full-width letters and their like are the plain ones to whoever signs in, and to whoever guesses.
    firstCharacters(normalizedPassword(password), JUDGED_CHARACTERS),
    words.map((word) => word.toLowerCase()).filter((word) => word.length > 2),
  );
  return guesses < FEWEST_GUESSES;
}

/**
 * Refuses a common password. Nothing is asked about capitals, digits or signs.
 * @throws AppError `invalid`, naming the field.
 */
export async function refuseCommonPassword(
  field: string,
  password: string,
  own: readonly string[],
): Promise<void> {
  if (!(await isCommonPassword(password, own))) return;
  throw invalidField(
    field,
    "is among the first that somebody would guess",
    "Choose one that is on no list, such as four words that have nothing to do with each other.",
  );
}
