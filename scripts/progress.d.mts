export const BUILD_STEPS: [RegExp, string][];
export function progressOf(
  what: string,
  steps: [RegExp, string][],
  print: (line: string) => void,
): { line: (text: string, nowMs: number) => void; quiet: (nowMs: number) => void };
export function runTold(
  what: string,
  command: string,
  args: string[],
  options: object,
  told?: { steps?: [RegExp, string][]; print?: (line: string) => void },
): Promise<{ code: number | null; output: string; ms: number }>;
