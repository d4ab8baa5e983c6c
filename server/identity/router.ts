import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { listAudit } from "./list-audit";
import { verifyAudit } from "./verify-audit";
import { endOtherSessions } from "./end-other-sessions";
import { endSession } from "./end-session";
import { listSessions } from "./list-sessions";
import { createPerson } from "./create-person";
import { disablePerson } from "./disable-person";
import { enablePerson } from "./enable-person";
import { listPeople } from "./list-people";
import { resetPassword } from "./reset-password";
import { changePassword } from "./change-password";
import { getSession } from "./get-session";
import { switchTeam } from "./switch-team";
import { updateProfile } from "./update-profile";
import { addMember } from "./add-member";
import { changeRole } from "./change-role";
import { createTeam } from "./create-team";
import { listMembers } from "./list-members";
import { listTeams } from "./list-teams";
import { removeMember } from "./remove-member";
import { createToken } from "./create-token";
import { listTokens } from "./list-tokens";
import { revokeToken } from "./revoke-token";

export const identityRouter = router({
  session: queryOf(getSession),
  sessions: queryOf(listSessions),
  endSession: mutationOf(endSession),
  endOtherSessions: mutationOf(endOtherSessions),
  switchTeam: mutationOf(switchTeam),
  updateProfile: mutationOf(updateProfile),
  changePassword: mutationOf(changePassword),
  people: queryOf(listPeople),
  createPerson: mutationOf(createPerson),
  disablePerson: mutationOf(disablePerson),
  enablePerson: mutationOf(enablePerson),
  resetPassword: mutationOf(resetPassword),
  teams: queryOf(listTeams),
  createTeam: mutationOf(createTeam),
  members: queryOf(listMembers),
  addMember: mutationOf(addMember),
  changeRole: mutationOf(changeRole),
  removeMember: mutationOf(removeMember),
  tokens: queryOf(listTokens),
  createToken: mutationOf(createToken),
  revokeToken: mutationOf(revokeToken),
  audit: queryOf(listAudit),
  verifyAudit: queryOf(verifyAudit),
});
