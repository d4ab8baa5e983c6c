interface Candidate {
  userId: string;
  /** Null: an administrator of the platform who is not in the team. */
  role: string | null;
}

export interface Hearers {
  owners: readonly string[];
  userIds: readonly string[];
  roles: readonly string[];
  reasons?: { role: string; named: string };
  /** Where nobody is left, the team's admins are told: an alert must not vanish because a person did. */
  orElse: boolean;
}

/** Whom a route reaches, once each, with the reason why. Who left the team, or was disabled, is not among the candidates. */
export function hearersOf<T extends Candidate>(
  people: readonly T[],
  to: Hearers,
): (T & { reason: string })[] {
  const named = to.reasons?.named ?? "The team's alerts name you";
  const byRole = to.reasons?.role ?? "Your team runs the deployment";
  const reasonFor = ({ userId, role }: T): string | null => {
    if (to.owners.includes(userId)) return "You own the deployment";
    if (role === null) return null;
    if (to.userIds.includes(userId)) return named;
    return to.roles.includes(role) ? byRole : null;
  };
  const reached = people.flatMap((person) => {
    const reason = reasonFor(person);
    return reason === null ? [] : [{ ...person, reason }];
  });
  if (reached.length > 0 || !to.orElse) return reached;
  return people
    .filter(({ role }) => role === "admin")
    .map((person) => ({ ...person, reason: "Nobody whom the team's alerts name can be told" }));
}
