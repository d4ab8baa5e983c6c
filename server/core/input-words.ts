import { z } from "zod";

type Issue = z.core.$ZodRawIssue;

const TYPES: Record<string, string> = {
  string: "is text",
  number: "is a number",
  int: "is a whole number",
  boolean: "is true or false",
  array: "is a list",
  object: "is an object",
  record: "is an object",
  date: "is a date or time",
};
const UNITS: Record<string, [one: string, many: string]> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
  set: ["entry", "entries"],
};

function bound(word: string, origin: string, limit: number | bigint): string {
  const unit = UNITS[origin];
  if (!unit) return `is ${word} ${String(limit)}`;
  return `has ${word} ${String(limit)} ${Number(limit) === 1 ? unit[0] : unit[1]}`;
}

/** What is wrong with an input, so that it reads after the field's name; undefined leaves it to the library. */
export function inputInWords(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      // An empty field of a form is sent as null.
      if (issue.input === undefined || issue.input === null) return "is needed";
      // JSON that is read exactly: whole numbers that a double cannot hold come as this.
      if (typeof issue.input === "bigint") return `is at most ${Number.MAX_SAFE_INTEGER}`;
      return TYPES[issue.expected];
    case "invalid_value":
      return `is one of ${issue.values.map(String).join(", ")}`;
    case "too_big":
      return bound(issue.inclusive === false ? "less than" : "at most", issue.origin, issue.maximum);
    case "too_small":
      if (UNITS[issue.origin] && Number(issue.minimum) === 1 && issue.inclusive !== false)
        return issue.origin === "string" ? "is empty" : "holds nothing";
      return bound(issue.inclusive === false ? "more than" : "at least", issue.origin, issue.minimum);
    case "unrecognized_keys":
      return `holds ${issue.keys.join(", ")}, which nobody reads`;
    case "invalid_union":
      return "has none of the forms that fit here";
    case "invalid_format":
      return issue.format === "regex" ? "has not the form that it must have" : `is no valid ${issue.format}`;
    default:
      return undefined;
  }
}

/** Makes all schemas without a message of their own speak like this. */
export function speakInWords(): void {
  z.config({ customError: inputInWords });
}
