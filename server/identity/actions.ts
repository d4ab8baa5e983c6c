"use server";

import { runAction } from "@/server/kit/actions";
import { callerAddress } from "@/server/auth/caller-address";
import { accountOf } from "@/server/auth/sign-in";
import { forgiveSignInTries } from "@/server/auth/sign-in-limit";
import { claimReset } from "./claim-reset";
import { claimSetup } from "./claim-setup";

/** Whoever has proved who they are by the link enters with the new password, however often it was guessed at before. */
async function letIn({ email }: { email: string }, given: Headers): Promise<void> {
  const address = callerAddress(given.get("x-forwarded-for"));
  await forgiveSignInTries({ account: accountOf(email), address });
}

/** Forms of visitors who are not signed in yet: the one-time link is their proof. */
export async function claimSetupAction(input: unknown) {
  return runAction(claimSetup, input);
}

export async function claimResetAction(input: unknown) {
  return runAction(claimReset, input, letIn);
}
