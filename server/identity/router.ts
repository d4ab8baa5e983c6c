import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { listAudit } from "./audit-verbs";
import { verifyAudit } from "./verify-audit";
import { endOtherSessions, endSession, listSessions } from "./browser-session-verbs";
import { createPerson, disablePerson, enablePerson, listPeople, resetPassword } from "./people-verbs";
import { changePassword, getSession, switchTeam, updateProfile } from "./session-verbs";
import { addMember, changeRole, createTeam, listMembers, listTeams, removeMember } from "./team-verbs";
import { createToken, listTokens, revokeToken } from "./token-verbs";

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
