import type { PickleCalls } from "./pickle-calls";
import { emptyDict, FALSE, MARK, NONE, OTHER, PickleError, TRUE, tupleItem } from "./pickle-items";
import type { PickleMemory } from "./pickle-memory";

/** One opcode without an argument, which works on what lies on the stack. */
export function stepStack(memory: PickleMemory, calls: PickleCalls, name: string): void {
  switch (name) {
    case "REDUCE":
    case "NEWOBJ":
    case "NEWOBJ_EX": {
      const keywords = name === "NEWOBJ_EX" ? memory.pop() : undefined;
      const args = memory.pop();
      return calls.call(memory.pop(), args, name === "REDUCE" || keywords !== undefined);
    }
    case "OBJ": {
      const [callee, ...args] = memory.popToMark();
      if (callee === undefined) throw new PickleError("OBJ has no class");
      return calls.call(callee, tupleItem(args), args.length > 0);
    }
    case "MEMOIZE":
      return memory.memoize();
    case "MARK":
      return memory.push(MARK);
    case "POP":
      return memory.drop();
    case "POP_MARK":
      memory.popToMark();
      return;
    case "DUP":
      return memory.push(memory.top());
    case "APPEND":
      memory.pop();
      return calls.growTop();
    case "SETITEM": {
      const value = memory.pop();
      return calls.fillTop([memory.pop(), value]);
    }
    case "APPENDS":
    case "ADDITEMS":
      memory.popToMark();
      return calls.growTop();
    case "SETITEMS":
      return calls.fillTop(memory.popToMark());
    case "LIST":
    case "FROZENSET":
      memory.popToMark();
      return memory.push(OTHER);
    case "DICT": {
      const pairs = memory.popToMark();
      memory.push(emptyDict());
      return calls.fillTop(pairs);
    }
    case "EMPTY_DICT":
      return memory.push(emptyDict());
    case "TUPLE":
      return memory.push(tupleItem(memory.popToMark()));
    case "EMPTY_TUPLE":
      return memory.push(tupleItem([]));
    case "TUPLE1":
    case "TUPLE2":
    case "TUPLE3":
      return memory.push(tupleItem(memory.popSeveral(Number(name.slice(-1)))));
    case "NONE":
      return memory.push(NONE);
    case "NEWTRUE":
      return memory.push(TRUE);
    case "NEWFALSE":
      return memory.push(FALSE);
    default:
      // Only empty lists and sets are left.
      return memory.push(OTHER);
  }
}
