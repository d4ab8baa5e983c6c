import type { HttpBindings } from "@hono/node-server";
import type { Caller } from "@/server/core/context";

/** Variables that the middleware of the data plane sets on every request. */
export interface HttpEnv {
  /** The plain server's request and answer; absent where a test calls the app directly. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** Resolves who calls, once; throws AppError for bad credentials. */
    caller: () => Promise<Caller & { requestId: string }>;
  };
}
