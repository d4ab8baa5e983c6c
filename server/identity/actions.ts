"use server";

import { headers } from "next/headers";
import { runAction } from "@/server/api/actions";
import { callerAddress } from "@/server/auth/caller-address";
import { accountOf } from "@/server/auth/sign-in";
import { forgiveSignInTries } from "@/server/auth/sign-in-limit";
import { claimReset } from "./people-verbs";
import { claimSetup } from "./session-verbs";

/** Forms of visitors who are not signed in yet: the one-time link is their proof. */
export async function claimSetupAction(input: unknown) {
  return runAction(claimSetup, input);
}

export async function claimResetAction(input: unknown) {
  const result = await runAction(claimReset, input);
  if (result.ok) {
    const address = callerAddress((await headers()).get("x-forwarded-for"));
    await forgiveSignInTries({ account: accountOf(result.data.email), address });
  }
  return result;
}
