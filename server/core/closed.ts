/* oxlint-disable no-underscore-dangle -- zod keeps what a schema is under `_zod` */
import { z } from "zod";

type Schema = z.core.$ZodType;

const done = new WeakMap<Schema, Schema>();

const remade = (schema: Schema, change: object): Schema =>
  z.core.clone(schema, { ...schema._zod.def, ...change });

/** The library's own list of what a schema can be. */
const known = (schema: Schema) => schema as z.core.$ZodTypes;

function closedShape(shape: z.core.$ZodShape): z.core.$ZodShape {
  return Object.fromEntries(Object.entries(shape).map(([key, each]) => [key, closed(each)]));
}

function closedObject(schema: z.core.$ZodObject): Schema {
  const { def } = schema._zod;
  let shape: z.core.$ZodShape | undefined;
  return z.core.clone(schema, {
    ...def,
    // Looked at when it is first used, since a form may hold itself.
    get shape() {
      return (shape ??= closedShape(def.shape));
    },
    // What says itself what else it holds keeps to that.
    catchall: def.catchall ?? z.never(),
  });
}

function twinOf(given: Schema): Schema {
  const schema = known(given);
  const { def } = schema._zod;
  switch (def.type) {
    case "object":
      return closedObject(schema as z.core.$ZodObject);
    case "array":
      return remade(given, { element: closed(def.element) });
    case "record":
    case "map":
    case "set":
      return remade(given, { valueType: closed(def.valueType) });
    case "tuple":
      return remade(given, {
        items: def.items.map((each) => closed(each)),
        rest: def.rest && closed(def.rest),
      });
    case "union":
      return remade(given, { options: def.options.map((each) => closed(each)) });
    case "intersection":
      return remade(given, { left: closed(def.left), right: closed(def.right) });
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
    case "success":
    case "promise":
      return remade(given, { innerType: closed(def.innerType) });
    case "pipe": {
      // Behind a form stands what we made of it; behind a preparation, the form itself.
      const isPrepared = def.in._zod.def.type === "transform";
      const side = isPrepared ? { out: closed(def.out) } : { in: closed(def.in) };
      return remade(given, side);
    }
    case "lazy":
      return remade(given, { getter: () => closed(def.getter()) });
    default:
      return given;
  }
}

/**
 * The same form without room for more: a field that it does not know is refused, at any depth, instead of left out without a word. Records, and
 * objects that say themselves that they hold more, stay open.
 */
export function closed<S extends Schema>(schema: S): S;
export function closed(schema: Schema): Schema {
  const twin = done.get(schema) ?? twinOf(schema);
  done.set(schema, twin);
  return twin;
}
