/** What happens to people and teams, for whoever listens. */
export interface IdentityEvents {
  "identity.team_created": { teamId: string };
  "identity.demo_requested": { teamId: string };
}

declare module "@/server/core/events" {
  interface DomainEvents extends IdentityEvents {}
}
