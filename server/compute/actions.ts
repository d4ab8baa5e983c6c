"use server";

import { runAction, type ActionResult } from "@/server/api/actions";
import { dispatchJob } from "./dispatch-job";

/** The launch form's way to put a job in the queue; errors come back as values, so that the form keeps what was typed. */
export async function dispatchJobAction(input: unknown): Promise<ActionResult<{ id: string }>> {
  const result = await runAction(dispatchJob, input);
  return result.ok ? { ok: true, data: { id: result.data.id } } : result;
}
