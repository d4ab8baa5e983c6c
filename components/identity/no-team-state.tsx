import { UsersRound } from "lucide-react";
import { StateFrame } from "@/components/common/state-frame";

/** What a person sees who can sign in but belongs to no team yet. */
export function NoTeamState({
  email,
  admins,
}: {
  email: string;
  admins: readonly { name: string; email: string }[];
}) {
  return (
    <StateFrame
      icon={UsersRound}
      className="mx-auto max-w-xl py-16"
      title="You are in no team yet"
      text={
        <>
          <p>
            You are signed in as {email}. Everything here belongs to a team, so someone has to add you to one
            {admins.length > 0 ? ". These people can:" : ": ask a platform administrator."}
          </p>
          <ul className="mt-2 flex flex-col gap-1">
            {admins.map((person) => (
              <li key={person.email}>
                <a className="text-accent-text hover:underline" href={`mailto:${person.email}`}>
                  {person.name} ({person.email})
                </a>
              </li>
            ))}
          </ul>
        </>
      }
    />
  );
}
