import { readable } from "@/db/readable";
import { memberships, teams, users } from "@/db/schema";

export const peopleAs = readable(
  users,
  "id",
  "name",
  "email",
  "isPlatformAdmin",
  "disabledAt",
  "sessionVersion",
);
export const people = peopleAs("people");
export const members = readable(memberships, "userId", "teamId", "role", "createdAt")("members");
export const allTeams = readable(teams, "id", "name", "slug")("all_teams");
