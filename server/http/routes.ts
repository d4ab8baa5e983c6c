import type { RestRoute } from "./rest";

/** All REST routes; each domain lists its own in `server/<domain>/rest.ts`. */
export const restRoutes: readonly RestRoute[] = [];
