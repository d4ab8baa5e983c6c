import type { RestRoute } from "@/server/kit/rest";
import * as rooms from "./rooms";

/** All REST routes; each room lists its own in `server/<room>/rest.ts`. */
export const restRoutes: readonly RestRoute[] = Object.values(rooms).flatMap(
  (room): readonly RestRoute[] => room.routes,
);
