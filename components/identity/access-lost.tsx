"use client";
import { later } from "@/components/ui/later";
import { dismissLoss, useAccessLoss } from "@/components/kit/access-loss";

const Told = later(async () => (await import("./access-lost-dialog")).AccessLostDialog);

/** Says at once that the session has ended, or that the team is another, and keeps the page and what was typed on it. */
export function AccessLost({ user }: { user: { id: string; email: string } }) {
  const { loss, told } = useAccessLoss();
  return (
    <Told
      open={told && loss !== undefined}
      onOpenChange={(open) => (open ? undefined : dismissLoss())}
      kind={loss?.kind ?? "session"}
      message={loss?.message ?? ""}
      user={user}
    />
  );
}
