/**
 * How much may still be unpacked of one file. All its archives and compressed streams take from the same store, so that many small ones
 * inside each other cost no more than one.
 */
export class UnpackBudget {
  readonly total: number;
  #left: number;

  constructor(total: number) {
    this.total = total;
    this.#left = total;
  }

  get left(): number {
    return this.#left;
  }

  /** False, and nothing taken, when there is not as much left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}
