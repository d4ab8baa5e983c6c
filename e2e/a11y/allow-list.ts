/** A finding that is known and accepted for a while: an axe rule on a route. An entry past its day fails the tests. */
export interface Allowed {
  route: string;
  rule: string;
  reason: string;
  /** Last day, as YYYY-MM-DD. */
  until: string;
}

export const ALLOWED: readonly Allowed[] = [];
