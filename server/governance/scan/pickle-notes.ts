import type { Item, PickleImport } from "./pickle-items";
import type { PickleReader, Span } from "./pickle-reader";
import type { PickleRemark, PickleWalk } from "./pickle-walk";

/** What a walk finds on its way: imports, remarks and byte strings that may be pickles themselves. */
export class PickleNotes {
  readonly walk: PickleWalk = {
    imports: [],
    calls: 0,
    remarks: new Map(),
    nested: [],
    loaded: [],
    arrays: 0,
    opcodes: 0,
    end: undefined,
    problem: undefined,
  };
  /** Where the opcode stands that is being followed. */
  at = 0;
  readonly #seen = new Map<string, PickleImport>();

  remark(remark: PickleRemark, offset = this.at): void {
    if (!this.walk.remarks.has(remark)) this.walk.remarks.set(remark, offset);
  }

  import(module: string, name: string, offset = this.at): Extract<Item, { kind: "global" }> {
    const key = `${module}\n${name}`;
    let known = this.#seen.get(key);
    if (known === undefined) {
      known = { module, name, offset, made: false, called: false };
      this.#seen.set(key, known);
      this.walk.imports.push(known);
    }
    return { kind: "global", import: known };
  }

  /** Torch's tensors in a plain pickle: bytes in torch's old format, which the call unpickles. */
  loaded(args: Item): void {
    const [bytes, ...more] = args.kind === "tuple" ? args.items : [];
    if (bytes?.kind === "bytes" && more.length === 0) this.walk.loaded.push(bytes.span);
    else this.remark("computed-load");
  }

  nested(reader: PickleReader, span: Span): void {
    if (span.length < 4) return;
    const [first = 0, second = 255] = reader.bytes({ start: span.start, length: 2 });
    if ((first === 0x80 && second <= 5) || first === 0x63 || first === 0x28) this.walk.nested.push(span);
  }

  /** What the walk of a pickle in the middle of this one found. */
  take(inner: PickleWalk): void {
    for (const one of inner.imports) {
      const { import: known } = this.import(one.module, one.name, one.offset);
      known.called ||= one.called;
      known.made ||= one.made;
    }
    for (const [remark, offset] of inner.remarks) this.remark(remark, offset);
    this.walk.calls += inner.calls;
    this.walk.nested.push(...inner.nested);
    this.walk.loaded.push(...inner.loaded);
  }
}
