import { mutation } from "@/server/core/verb";
import { SetAsideRef } from "../schemas";
import { finish, waiting } from "./set-aside-parts";

export const discardSetAside = mutation(
  {
    name: "monitoring.set_aside.discard",
    permission: "platform.work.retry",
    input: SetAsideRef,
    summary: "Give up a prediction that was set aside",
  },
  async ({ ctx, input }) => {
    const row = await waiting(ctx, input.id);
    await finish(ctx, row, "discarded", "monitoring.set_aside.discard");
    return { id: row.id, state: "discarded" as const };
  },
);
