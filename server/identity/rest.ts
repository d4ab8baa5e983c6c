import { rest, type RestRoute } from "@/server/kit/rest";
import { streamAudit } from "./audit-export";
import { exportAudit } from "./export-audit";
import { listAudit } from "./list-audit";
import { verifyAudit } from "./verify-audit";
import { createPerson } from "./create-person";
import { disablePerson } from "./disable-person";
import { enablePerson } from "./enable-person";
import { listPeople } from "./list-people";
import { resetPassword } from "./reset-password";
import { getSession } from "./get-session";
import { addMember } from "./add-member";
import { changeRole } from "./change-role";
import { createTeam } from "./create-team";
import { listMembers } from "./list-members";
import { listTeams } from "./list-teams";
import { removeMember } from "./remove-member";
import { createToken } from "./create-token";
import { listTokens } from "./list-tokens";
import { revokeToken } from "./revoke-token";

export const identityRoutes: readonly RestRoute[] = [
  rest("Identity", "get", "/session", getSession),
  rest("Identity", "get", "/people", listPeople),
  rest("Identity", "post", "/people", createPerson, { status: 201, holdsSecret: true }),
  rest("Identity", "post", "/people/{userId}/disable", disablePerson),
  rest("Identity", "post", "/people/{userId}/enable", enablePerson),
  rest("Identity", "post", "/people/{userId}/reset-password", resetPassword, { holdsSecret: true }),
  rest("Identity", "get", "/teams", listTeams),
  rest("Identity", "post", "/teams", createTeam, { status: 201 }),
  rest("Identity", "get", "/teams/{teamId}/members", listMembers),
  rest("Identity", "post", "/teams/{teamId}/members", addMember, { status: 201 }),
  rest("Identity", "patch", "/teams/{teamId}/members/{userId}", changeRole),
  rest("Identity", "delete", "/teams/{teamId}/members/{userId}", removeMember),
  rest("Identity", "get", "/tokens", listTokens),
  rest("Identity", "post", "/tokens", createToken, { status: 201, holdsSecret: true }),
  rest("Identity", "delete", "/tokens/{tokenId}", revokeToken),
  rest("Audit", "get", "/audit", listAudit),
  rest("Audit", "get", "/audit/verify", verifyAudit),
  rest("Audit", "get", "/audit/export", exportAudit, {
    stream: streamAudit,
    streams: { response: "application/x-ndjson" },
  }),
];
