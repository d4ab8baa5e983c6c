import type { Actor } from "@/server/core/actor";

/** Somebody who may build in a team; tracking needs no row of the person. */
export const memberOf = (teamId: string): Actor => ({
  kind: "user",
  userId: `usr_${teamId}`,
  name: "Ada",
  teamId,
  teamSlug: teamId,
  role: "member",
  isPlatformAdmin: false,
});
