/** What a policy's rule for what falls out means, in words; the keys are the document's own. */
export const FALL_OUT_WORDS = {
  "block-new": {
    label: "Block new",
    text: "What serves goes on, and so do rollouts under way. New deployments are refused.",
  },
  hold: {
    label: "Hold",
    text: "What serves goes on. A canary stays at its share, and nothing is promoted or deployed.",
  },
  stop: {
    label: "Stop",
    text: "Gateways stop serving it and answer 503, also what is stable in production, and also when its evidence changes later.",
  },
} as const;
export type FallOut = keyof typeof FALL_OUT_WORDS;

const UNITS: Record<string, string> = { m: "minute", h: "hour", d: "day" };

/** `7d` as "7 days". */
export function graceInWords(grace: string): string {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(grace) ?? [];
  const word = UNITS[unit ?? ""];
  return word === undefined ? "none" : `${count} ${word}${count === "1" ? "" : "s"}`;
}
