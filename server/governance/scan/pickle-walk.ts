import type { PickleImport } from "./pickle-items";
import type { Span } from "./pickle-reader";

/** Something that honest pickles never do; the walk goes on, because an unpickler would. */
export type PickleRemark =
  | "extension"
  | "changes-import"
  | "calls-object"
  | "sets-special"
  | "computed-state"
  | "fills-object"
  | "persistent-id"
  | "late-proto"
  | "frame"
  | "computed-import"
  | "left-over"
  | "limit"
  | "computed-load"
  | "numbers-as-opcodes"
  | "stand-in"
  | "computed-arguments"
  | "array-type"
  | "object-scalar";

export interface PickleWalk {
  /** Every import, in order of first appearance. */
  imports: PickleImport[];
  /** How often anything was called or built. */
  calls: number;
  /** Each remark with the place where it was first made. */
  remarks: Map<PickleRemark, number>;
  /** Byte strings that may be pickles themselves. */
  nested: Span[];
  /** Byte strings that the pickle itself hands to an unpickler. */
  loaded: Span[];
  /** Arrays stored by joblib. */
  arrays: number;
  opcodes: number;
  /** Offset after STOP; undefined when the walk ended early. */
  end: number | undefined;
  /** Why and where the walk ended early. */
  problem: { why: string; offset: number } | undefined;
}
