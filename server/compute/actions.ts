"use server";

import { runAction } from "@/server/api/actions";
import { dispatchJob } from "./dispatch-job";

/** The launch form's way to put a job in the queue; errors come back as values, so that the form keeps what was typed. */
export async function dispatchJobAction(input: unknown) {
  return runAction(dispatchJob, input);
}
