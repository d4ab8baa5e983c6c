/** What a job's own output tells of how far it is. */
export interface LogProgress {
  /** 0 to 1. */
  value: number;
  /** The words of the job: "epoch 3 of 10". */
  text: string;
}

const CLOCK = /^\d\d:\d\d:\d\d /u;
/** So many of the last lines are read: what is older says nothing of now. */
const LOOKED_AT = 40;
const COUNTED =
  /\b(epochs?|steps?|iterations?|iter|batch(?:es)?|folds?|rounds?|trials?|files?|rows?|chunks?|parts?|tasks?|round)\b[\s:=#[(]*(\d+)\s*(?:\/|of)\s*(\d+)/iu;
/** As tqdm draws it: " 45%|####      | 45/100 [00:10<00:12]". */
const BAR = /(\d{1,3})%\|[^|]*\|\s*(\d[\d.]*\w?\/\d[\d.]*\w?)/u;
const PERCENT = /\b(?:progress|done|complete)\w*\b\D{0,12}(\d{1,3}(?:\.\d+)?)\s?%/iu;

function ofLine(line: string): LogProgress | undefined {
  const [, percent, share] = BAR.exec(line) ?? [];
  if (percent !== undefined && share !== undefined)
    return { value: Number(percent) / 100, text: share.replace("/", " of ") };
  const [, word, at, of] = COUNTED.exec(line) ?? [];
  if (word !== undefined && Number(of) > 0 && Number(at) <= Number(of))
    return { value: Number(at) / Number(of), text: `${word.toLowerCase()} ${at} of ${of}` };
  const [, done] = PERCENT.exec(line) ?? [];
  return done !== undefined && Number(done) <= 100
    ? { value: Number(done) / 100, text: `${done} %` }
    : undefined;
}

/** The newest word of a job on how far it is; undefined where its output has none. The portal's own lines do not count. */
export function progressOf(lines: readonly string[]): LogProgress | undefined {
  for (const line of lines.slice(-LOOKED_AT).toReversed()) {
    const text = line.replace(CLOCK, "");
    const found = text.startsWith("── ") ? undefined : ofLine(text);
    if (found) return found;
  }
  return undefined;
}

/** What the portal itself does for the job just now, in its own last line; empty before its first. */
export const portalStep = (lines: readonly string[]): string =>
  lines
    .findLast((line) => line.replace(CLOCK, "").startsWith("── "))
    ?.replace(CLOCK, "")
    .slice(3) ?? "";
