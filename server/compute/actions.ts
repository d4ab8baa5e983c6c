"use server";

import { runAction } from "@/server/kit/actions";
import { dispatchJob as verb } from "./dispatch-job";

/** The launch form's way to put a job in the queue; errors come back as values, so that the form keeps what was typed. */
export async function dispatchJob(input: unknown) {
  return runAction(verb, input);
}
