import { isMap, isScalar, parseDocument } from "yaml";
import { FALL_OUT_WORDS, type FallOut } from "./policy-words";

const isFallOut = (value: unknown): value is FallOut => typeof value === "string" && value in FALL_OUT_WORDS;

/** What the editor's fields show of a document's text; undefined where the text is no YAML. */
export function fieldsOf(text: string): { grace: string; onFallOut: FallOut } | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  const grace = document.getIn(["spec", "grace"]);
  const rule = document.getIn(["spec", "onFallOut"]);
  return {
    grace: typeof grace === "string" || typeof grace === "number" ? String(grace) : "7d",
    onFallOut: isFallOut(rule) ? rule : "hold",
  };
}

/** The text with one field of `spec` set, before the rules if it is new; comments and the rest are kept. */
export function withField(text: string, name: "grace" | "onFallOut", value: string): string {
  const document = parseDocument(text);
  const spec = document.get("spec");
  if (isMap(spec) && !spec.has(name)) {
    const rules = spec.items.findIndex(({ key }) => isScalar(key) && key.value === "rules");
    spec.items.splice(rules < 0 ? spec.items.length : rules, 0, document.createPair(name, value));
  } else document.setIn(["spec", name], value);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
