import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import { StateFrame } from "./state-frame";

export type ForbiddenStateProps = {
  /** What was attempted, as a gerund: "Managing people". */
  what: string;
  /** The role that is needed: "platform admin". */
  role: string;
  /** Who can grant it. */
  grantedBy?: readonly { name: string; email?: string }[];
  actions?: ReactNode;
};

/** Says which role is needed and who can grant it. */
export function ForbiddenState({ what, role, grantedBy = [], actions }: ForbiddenStateProps) {
  return (
    <StateFrame
      icon={Lock}
      title={`${what} needs the role ${role}`}
      className="mx-auto max-w-xl py-16"
      text={
        grantedBy.length > 0 ? (
          <>
            <p>These people can give it to you:</p>
            <ul className="mt-2 flex flex-col gap-1">
              {grantedBy.map((person) => (
                <li key={person.email ?? person.name}>
                  {person.email ? (
                    <a className="text-accent-text hover:underline" href={`mailto:${person.email}`}>
                      {person.name}
                    </a>
                  ) : (
                    person.name
                  )}
                </li>
              ))}
            </ul>
          </>
        ) : (
          "A platform administrator can give it to you."
        )
      }
      actions={actions}
    />
  );
}
