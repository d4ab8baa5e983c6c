import type { Acknowledged } from "./client";

export interface Point {
  key: string;
  value: number;
  timestamp: number;
  step: number;
}

/** A run and everything that was acknowledged for it. */
export interface LoggedRun {
  id: string;
  name: string;
  points: Point[];
  params: Map<string, string>;
  artifacts: { path: string; sha256: string }[];
}

/** All that the product said it has: to be found again, once. */
export class Ledger {
  private numbers = 0;
  readonly writes: Acknowledged[] = [];
  readonly runs: LoggedRun[] = [];
  readonly datasets: { slug: string; versionId: string; sha256: string }[] = [];
  /** Jobs by their name, which is unique. */
  readonly jobs: { id: string; name: string }[] = [];
  readonly quotaRequests: { id: string; why: string }[] = [];
  /** Predictions that were answered with 200. */
  readonly predictions: string[] = [];
  readonly feedback = new Map<string, string>();

  /** A number for the next thing to be made, so that no two share a name. */
  next(): number {
    this.numbers += 1;
    return this.numbers;
  }
}
