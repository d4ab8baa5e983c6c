import { type Item, MARK, PickleError, PickleLimit } from "./pickle-items";

const MAX_STACK = 4_000_000;
const MAX_MEMO = 16_000_000;

/** Stack and memo of an unpickler. */
export class PickleMemory {
  readonly #stack: Item[];
  readonly #memo = new Map<number | bigint, Item>();
  /** What was there before a fork. */
  readonly #before: PickleMemory | undefined;
  #memoSize: number;

  constructor(before?: PickleMemory) {
    this.#before = before;
    this.#stack = before === undefined ? [] : [...before.#stack];
    this.#memoSize = before === undefined ? 0 : before.#memoSize;
  }

  /** A memory that begins as this one is now; this one must rest while the other is used. */
  fork(): PickleMemory {
    return new PickleMemory(this);
  }

  /** The memo is what an unpickler keeps for the next pickle that it reads. */
  clearStack(): void {
    this.#stack.length = 0;
  }

  isEmpty(): boolean {
    return this.#stack.length === 0;
  }

  push(item: Item): void {
    if (this.#stack.length >= MAX_STACK) throw new PickleLimit("the stack is too deep");
    this.#stack.push(item);
  }

  top(): Item {
    const item = this.#stack.at(-1);
    if (item === undefined || item.kind === "mark") throw new PickleError("the stack is empty");
    return item;
  }

  pop(): Item {
    const item = this.top();
    this.#stack.pop();
    return item;
  }

  /** POP removes a mark as well. */
  drop(): void {
    if (this.#stack.pop() === undefined) throw new PickleError("the stack is empty");
  }

  popSeveral(count: number): Item[] {
    const items: Item[] = [];
    for (let left = count; left > 0; left -= 1) items.unshift(this.pop());
    return items;
  }

  popToMark(): Item[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new PickleError("there is no mark");
    return this.#stack.splice(mark).slice(1);
  }

  get(index: number | bigint): void {
    const item = this.#lookUp(index);
    if (item === undefined) throw new PickleError(`memo ${index} is empty`);
    this.push(item);
  }

  put(index: number | bigint): void {
    const item = this.top();
    if (this.#lookUp(index) === undefined) this.#memoSize += 1;
    if (this.#memo.size >= MAX_MEMO) throw new PickleLimit("the memo is too large");
    this.#memo.set(index, item);
  }

  memoize(): void {
    this.put(this.#memoSize);
  }

  #lookUp(index: number | bigint): Item | undefined {
    const own = this.#memo.get(index);
    if (own !== undefined || this.#before === undefined) return own;
    return this.#before.#lookUp(index);
  }
}
