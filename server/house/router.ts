import { liveChanges } from "@/server/kit/live-changes";
import { router } from "@/server/kit/trpc";
import * as rooms from "./rooms";

/** Each room's own router under the room's name; a mapping over a namespace loses the types that this puts back. */
type Routers = { [Room in keyof typeof rooms]: (typeof rooms)[Room]["router"] };
const routers = Object.fromEntries(
  Object.entries(rooms).map(([name, room]) => [name, room.router]),
) as unknown as Routers;

/** All rooms of the browser's door. */
export const appRouter = router({ live: router({ changes: liveChanges }), ...routers });

export type AppRouter = typeof appRouter;
