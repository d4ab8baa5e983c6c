"use client";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { signOut } from "./auth-client";

export function SignOutButton() {
  const [failed, setFailed] = useState(false);
  const leave = () => {
    setFailed(false);
    signOut().catch(() => setFailed(true));
  };
  return (
    <>
      <Button variant="primary" onClick={leave}>
        Sign out
      </Button>
      {failed ? (
        <p role="alert" className="w-full text-sm text-negative">
          You could not be signed out. Try again.
        </p>
      ) : null}
    </>
  );
}
