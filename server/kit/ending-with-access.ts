import type { Context } from "hono";
import type { Permission } from "@/server/core/authz/permissions";
import { holdAccess, type HeldAccess } from "@/server/core/held-access";
import type { HttpEnv } from "./app-env";

/**
 * An answer whose stream breaks off as soon as the caller may not have it any more: a job's log can go on for days, and a large file for
 * hours, after its reader was disabled. It breaks instead of ending, so that nobody takes half a file for a whole one.
 */
export function endingWithAccess(c: Context<HttpEnv>, permission: Permission, response: Response): Response {
  if (!response.body) return response;
  const reader = response.body.getReader();
  const actorNow = async () => (await c.get("caller")()).actor;
  const begin = () => {
    const access = holdAccess({ permission, actorNow });
    // A read that waits comes back with this, and whoever writes the stream learns that nobody listens.
    access.signal.addEventListener(
      "abort",
      () => void reader.cancel(access.signal.reason).catch(() => undefined),
    );
    return access;
  };
  let access: HeldAccess | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        access ??= begin();
        try {
          const { done, value } = await reader.read();
          if (access.signal.aborted && c.env.outgoing) return void c.env.outgoing.destroy();
          access.signal.throwIfAborted();
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        access.release();
      },
      async cancel(reason) {
        access?.release();
        await reader.cancel(reason);
      },
    },
    // Nothing is begun before somebody reads: to HEAD nobody does.
    { highWaterMark: 0 },
  );
  return new Response(body, response);
}
