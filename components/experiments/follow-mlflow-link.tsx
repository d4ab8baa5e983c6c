"use client";
import { useEffect } from "react";
import { pathOfMlflowLink } from "./mlflow-link";

/**
 * Takes a visitor who followed a link that the mlflow client printed to our page of the same thing. The part behind `#` never
 * reaches the server, so this is the browser's work; before signing in it becomes the page to go to afterwards.
 */
export function FollowMlflowLink({ signIn = false }: { signIn?: boolean }) {
  useEffect(() => {
    const path = pathOfMlflowLink(window.location.hash);
    if (path === null) return;
    // A load of its own: the link is gone from the history, so that "back" does not lead here again.
    window.location.replace(signIn ? `/sign-in?callbackUrl=${encodeURIComponent(path)}` : path);
  }, [signIn]);
  return null;
}
