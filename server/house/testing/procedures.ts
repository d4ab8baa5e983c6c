/* oxlint-disable no-underscore-dangle -- tRPC keeps its procedures under `_def` */
import { z } from "zod";
import { appRouter } from "../router";

const Described = z.looseObject({
  type: z.string(),
  meta: z.object({ permission: z.string(), verb: z.string() }).partial().default({}),
});

/** Every procedure of the router, by its path, with what it says of itself. */
export const procedures = Object.entries<object>(appRouter._def.procedures).map(([path, procedure]) => {
  const { type, meta } = Described.parse(Reflect.get(procedure, "_def"));
  return { path, isQuery: type === "query", permission: meta.permission, verb: meta.verb };
});
