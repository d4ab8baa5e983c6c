"use client";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTRPC } from "@/components/kit/trpc";
import { Button, buttonVariants } from "@/components/ui/button";
import { Dialog, DialogBody, DialogContent, DialogFooter, DialogHeader } from "@/components/ui/dialog";
import { DialogDescription, DialogTitle } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { regainAccess, type AccessLoss } from "@/components/kit/access-loss";
import { signInWithPassword } from "./auth-client";
import { explainSignIn } from "./explain-sign-in";
import { useSession } from "@/components/kit/use-can";

interface User {
  id: string;
  email: string;
}

/** Asks who is signed in now: the same person goes on where they were, another one begins anew. */
function useGoOn(user: User) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return async (): Promise<boolean> => {
    const asked = trpc.identity.session.queryOptions(undefined, { staleTime: 0, retry: false });
    const now = await queryClient.fetchQuery(asked).catch(() => undefined);
    if (!now) return false;
    if (now.me.id !== user.id) window.location.assign("/");
    else {
      regainAccess();
      void queryClient.invalidateQueries();
    }
    return true;
  };
}

function PasswordAgain({ user, onSignedIn }: { user: User; onSignedIn: () => Promise<boolean> }) {
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // A form of the page may lie around this one in React's tree, although not in the document.
    event.stopPropagation();
    const form = new FormData(event.currentTarget);
    setPending(true);
    const error = await signInWithPassword(user.email, String(form.get("password") ?? ""));
    const wentOn = error === undefined && (await onSignedIn());
    setPending(false);
    if (!wentOn) setFailure(explainSignIn(error ?? "unreachable").text);
  };
  return (
    <form method="post" aria-label="Sign in again" onSubmit={(event) => void submit(event)}>
      <DialogBody className="flex flex-col gap-1">
        <input type="email" name="email" autoComplete="username" value={user.email} readOnly hidden />
        <Label htmlFor="password-again">Password of {user.email}</Label>
        <Input id="password-again" name="password" type="password" autoComplete="current-password" required />
        {failure ? (
          <p role="alert" className="text-sm text-negative">
            {failure}
          </p>
        ) : null}
      </DialogBody>
      <DialogFooter>
        <Button type="submit" variant="primary" pending={pending}>
          Sign in and go on
        </Button>
      </DialogFooter>
    </form>
  );
}

/** Single sign-on leaves the page, so it happens in another window; coming back from there is noticed. */
function SignOnElsewhere({ onSignedIn }: { onSignedIn: () => Promise<boolean> }) {
  const [notYet, setNotYet] = useState(false);
  // Effect: the other window tells this one nothing; that this one is looked at again does.
  useEffect(() => {
    const look = () => void onSignedIn();
    window.addEventListener("focus", look);
    return () => window.removeEventListener("focus", look);
  });
  return (
    <>
      <DialogBody>{notYet ? <p role="alert">You are not signed in yet.</p> : null}</DialogBody>
      <DialogFooter>
        <Button onClick={() => void onSignedIn().then((wentOn) => setNotYet(!wentOn))}>
          I have signed in
        </Button>
        <a href="/sign-in" target="_blank" rel="noopener" className={buttonVariants({ variant: "primary" })}>
          Sign in in another window
        </a>
      </DialogFooter>
    </>
  );
}

/** What has ended, in words, over the page as it was; with the way to go on. */
export function AccessLostDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  kind: AccessLoss["kind"];
  message: string;
  user: User;
}) {
  const goOn = useGoOn(props.user);
  const hasPassword = useSession().data?.me.hasPassword ?? true;
  const ended = props.kind === "session";
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange}>
      <DialogContent>
        <DialogHeader>
          <DialogTitle>{ended ? "Your session has ended" : "This page is of another team"}</DialogTitle>
          <DialogDescription>
            {ended
              ? "You signed out elsewhere, changed your password, or the session was over. The page stays as it is, with what you typed: sign in to go on."
              : `${props.message} What you do here would no longer concern the team that this page shows. Copy what you typed, then load the page anew.`}
          </DialogDescription>
        </DialogHeader>
        {ended && hasPassword ? <PasswordAgain user={props.user} onSignedIn={goOn} /> : null}
        {ended && !hasPassword ? <SignOnElsewhere onSignedIn={goOn} /> : null}
        {ended ? null : (
          <DialogFooter>
            <Button onClick={() => props.onOpenChange(false)}>Look at the page first</Button>
            <Button variant="primary" onClick={() => window.location.assign("/")}>
              Go to my team
            </Button>
          </DialogFooter>
        )}
      </DialogContent>
    </Dialog>
  );
}
