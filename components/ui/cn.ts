import { type ClassValue, clsx } from "clsx";
import { createTailwindMerge } from "tailwind-merge";

type Matcher = (value: string) => boolean;

const any: Matcher = () => true;
const length: Matcher = (value) => /^\[\d/u.test(value);
const width: Matcher = (value) => /^\[?\d/u.test(value);
const sizes = ["xs", "sm", "base", "lg", "xl", "2xl", "3xl", length];
const of = (prefix: string, ...values: (string | Matcher)[]) => [{ [prefix]: values }];
/** With a value or bare: `gap-2`, `shrink`. */
const every = (...prefixes: string[]) =>
  Object.fromEntries(prefixes.map((prefix) => [prefix, of(prefix, "", any)]));
const sides = (prefix: string) => ({
  [`${prefix}-w-t`]: of(`${prefix}-t`, "", width),
  [`${prefix}-w-r`]: of(`${prefix}-r`, "", width),
  [`${prefix}-w-b`]: of(`${prefix}-b`, "", width),
  [`${prefix}-w-l`]: of(`${prefix}-l`, "", width),
});

/**
 * The utilities that this house uses, by the property they set. The library's own table of all of Tailwind is most of its weight
 * and would be in the first scripts of every page; a test holds this one to it for every class in the sources.
 */
const classGroups = {
  display: [
    "block",
    "inline-block",
    "inline",
    "flex",
    "inline-flex",
    "grid",
    "inline-grid",
    "table",
    "inline-table",
    "table-cell",
    "table-row",
    "contents",
    "hidden",
  ],
  position: ["static", "fixed", "absolute", "relative", "sticky"],
  visibility: ["visible", "invisible", "collapse"],
  isolation: ["isolate"],
  sr: ["sr-only", "not-sr-only"],
  ...every("columns", "break-inside", "overflow", "overflow-x", "overflow-y", "overscroll"),
  ...every("inset", "inset-x", "inset-y", "top", "right", "bottom", "left", "z", "order", "basis"),
  "flex-direction": of("flex", "row", "row-reverse", "col", "col-reverse"),
  "flex-wrap": of("flex", "wrap", "nowrap", "wrap-reverse"),
  flex: of("flex", any),
  ...every("grow", "shrink", "grid-cols", "grid-rows", "gap", "gap-x", "gap-y"),
  "col-start-end": of("col", any),
  "row-start-end": of("row", any),
  "justify-content": of("justify", any),
  "align-items": of("items", any),
  "align-self": of("self", any),
  "place-items": of("place-items", any),
  ...every("p", "px", "py", "pt", "pr", "pb", "pl", "m", "mx", "my", "mt", "mr", "mb", "ml"),
  ...every("size", "w", "min-w", "max-w", "h", "min-h", "max-h"),
  "font-weight": of("font", "light", "normal", "medium", "semibold", "bold"),
  "font-family": of("font", any),
  "font-style": ["italic", "not-italic"],
  "font-size": of("text", ...sizes),
  "text-alignment": of("text", "left", "center", "right", "justify", "start", "end"),
  "text-wrap": of("text", "wrap", "nowrap", "balance", "pretty"),
  "text-overflow": ["truncate", "text-ellipsis", "text-clip"],
  "text-color": of("text", any),
  "text-decoration": ["underline", "overline", "line-through", "no-underline"],
  "text-decoration-color": of("decoration", any),
  "text-transform": ["uppercase", "lowercase", "capitalize", "normal-case"],
  "fvn-spacing": ["proportional-nums", "tabular-nums"],
  ...every("tracking", "leading", "line-clamp", "underline-offset", "whitespace", "vertical-align"),
  "vertical-align": of("align", any),
  "list-style-type": of("list", any),
  break: of("break", "normal", "words", "all", "keep"),
  wrap: of("wrap", "break-word", "anywhere", "normal"),
  "bg-color": of("bg", any),
  ...every("rounded", "divide-x", "opacity", "duration", "animate", "rotate", "cursor", "select"),
  "divide-y": of("divide-y", any, ""),
  "border-w": of("border", "", width),
  ...sides("border"),
  "border-style": of("border", "solid", "dashed", "dotted", "double", "hidden", "none"),
  "border-color": of("border", any),
  "border-collapse": of("border", "collapse", "separate"),
  "outline-style": of("outline", "none", "hidden", "solid", "dashed", "dotted"),
  "outline-offset": of("outline-offset", any),
  "outline-w": of("outline", "", width),
  "outline-color": of("outline", any),
  shadow: of("shadow", "", any),
  "ring-w": of("ring", "", width),
  "ring-w-inset": ["ring-inset"],
  "ring-color": of("ring", any),
  filter: ["filter"],
  brightness: of("brightness", any),
  transition: of("transition", "", any),
  ...every("translate-x", "translate-y", "appearance", "field-sizing", "pointer-events", "fill", "stroke"),
  ...every("scroll-mt"),
};

const merge = createTailwindMerge(() => ({
  cacheSize: 500,
  theme: {},
  classGroups,
  // A utility of many sides takes away those of fewer that stand before it.
  conflictingClassGroups: {
    overflow: ["overflow-x", "overflow-y"],
    inset: ["inset-x", "inset-y", "top", "right", "bottom", "left"],
    "inset-x": ["right", "left"],
    "inset-y": ["top", "bottom"],
    flex: ["basis", "grow", "shrink"],
    gap: ["gap-x", "gap-y"],
    p: ["px", "py", "pt", "pr", "pb", "pl"],
    px: ["pr", "pl"],
    py: ["pt", "pb"],
    m: ["mx", "my", "mt", "mr", "mb", "ml"],
    mx: ["mr", "ml"],
    my: ["mt", "mb"],
    size: ["w", "h"],
    "font-size": ["leading"],
    "line-clamp": ["display", "overflow"],
    "border-w": ["border-w-t", "border-w-r", "border-w-b", "border-w-l"],
  },
  conflictingClassGroupModifiers: {},
  orderSensitiveModifiers: ["*", "**", "after", "backdrop", "before", "file", "marker", "placeholder"],
}));

/** Joins class names; a later Tailwind utility wins over an earlier one of the same property. */
export function cn(...inputs: ClassValue[]): string {
  return merge(clsx(inputs));
}
