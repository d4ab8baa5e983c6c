"use server";

import { runAction } from "@/server/api/actions";
import { claimReset } from "./people-verbs";
import { claimSetup } from "./session-verbs";

/** Forms of visitors who are not signed in yet: the one-time link is their proof. */
export async function claimSetupAction(input: unknown) {
  return runAction(claimSetup, input);
}

export async function claimResetAction(input: unknown) {
  return runAction(claimReset, input);
}
