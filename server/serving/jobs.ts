import { every, systemCtx } from "@/server/kit/handlers";
import { advanceRollouts } from "./advance-rollouts";

/** The rollout controller: looks twice a second, so a bad canary is off the road within a second of the verdict. */
every("serving.advance-rollouts", 500, () => advanceRollouts((teamId) => systemCtx(teamId)));
