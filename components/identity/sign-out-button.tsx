"use client";
import { signOut } from "next-auth/react";
import { Button } from "@/components/ui/button";

export function SignOutButton() {
  return (
    <Button variant="primary" onClick={() => void signOut({ callbackUrl: "/signed-out" })}>
      Sign out
    </Button>
  );
}
