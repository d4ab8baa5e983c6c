import type { Caller } from "@/server/core/context";

/** Variables that the middleware of the data plane sets on every request. */
export interface HttpEnv {
  Variables: {
    requestId: string;
    /** Resolves who calls, once; throws AppError for bad credentials. */
    caller: () => Promise<Caller & { requestId: string }>;
  };
}
