export interface CelLimits {
  maxExpressionLength: number;
  /** Brackets, braces and parentheses open at once, and repeated unary operators. */
  maxNestingDepth: number;
  maxContextBytes: number;
  maxContextDepth: number;
  deadlineMs: number;
  memoryMegabytes: number;
}

export const DEFAULT_LIMITS: CelLimits = {
  maxExpressionLength: 4_000,
  maxNestingDepth: 32,
  maxContextBytes: 4_000_000,
  maxContextDepth: 32,
  deadlineMs: 1_000,
  memoryMegabytes: 128,
};

/** Why an expression is refused before it is parsed, or `undefined`. */
export function checkExpression(expression: string, limits: CelLimits): string | undefined {
  if (expression.trim() === "") return "the expression is empty";
  if (expression.length > limits.maxExpressionLength) {
    return `the expression is longer than ${limits.maxExpressionLength} characters`;
  }
  const tooDeep = `the expression nests deeper than ${limits.maxNestingDepth}`;
  let depth = 0;
  let unary = 0;
  for (const char of withoutStrings(expression)) {
    if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    if (char === "!" || char === "-") unary += 1;
    else if (char.trim() !== "") unary = 0;
    if (depth > limits.maxNestingDepth || unary > limits.maxNestingDepth) return tooDeep;
  }
  return undefined;
}

const withoutStrings = (expression: string): string =>
  expression.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');

/** Why a context is refused, or `undefined`. Plain JSON only: finite numbers, no cycles, no class instances. */
export function checkContext(context: unknown, limits: CelLimits): string | undefined {
  const problem = findProblem(context, limits.maxContextDepth);
  if (problem !== undefined) return problem;
  return Buffer.byteLength(JSON.stringify(context)) > limits.maxContextBytes
    ? `the evidence is larger than ${limits.maxContextBytes} bytes`
    : undefined;
}

function findProblem(value: unknown, depth: number): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number")
    return Number.isFinite(value) ? undefined : "the evidence holds a number that is not finite";
  if (typeof value !== "object") return `the evidence holds a ${typeof value}`;
  if (depth === 0) return "the evidence nests too deeply";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null)
    return "the evidence is not plain JSON";
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const problem = item === undefined ? undefined : findProblem(item, depth - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
