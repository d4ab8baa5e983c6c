"use client";
import { useSyncExternalStore } from "react";
import { readError } from "./error-shape";

/** What ended this page's access while it was open: the session, or the team that it shows. */
export interface AccessLoss {
  kind: "session" | "team";
  /** The server's words. */
  message: string;
}

interface State {
  loss: AccessLoss | undefined;
  /** Whether the person is to be told; they are not when they ended it themselves, here. */
  told: boolean;
}

const HERE: State = { loss: undefined, told: false };
let state = HERE;
let onPurpose = 0;
const listeners = new Set<() => void>();

function change(next: State): void {
  state = next;
  for (const listener of listeners) listener();
}

/** Takes note of a failure that says that this page's access has ended; false for any other. */
export function noticeLoss(error: unknown): boolean {
  const { code, reason, message } = readError(error);
  const kind = code === "unauthenticated" ? "session" : reason === "access_moved" ? "team" : undefined;
  if (!kind) return false;
  if (!state.loss || !state.told) change({ loss: { kind, message }, told: onPurpose === 0 });
  return true;
}

/** The page may go on as it is: streams open again. */
export const regainAccess = (): void => change(HERE);

/** The person read it and wants to look at the page first; the next refusal tells them again. */
export const dismissLoss = (): void => change({ ...state, told: false });

/** Runs what ends or changes the access by the person's own wish; nothing is said about it, unless it fails. */
export async function onOwnWish<T>(work: () => Promise<T>): Promise<T> {
  onPurpose += 1;
  try {
    return await work();
  } catch (error) {
    onPurpose -= 1;
    throw error;
  }
}

/** After `onOwnWish`, for a page that stays open. */
export function goOn(): void {
  onPurpose = Math.max(0, onPurpose - 1);
  regainAccess();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const useAccessLoss = (): State =>
  useSyncExternalStore(
    subscribe,
    () => state,
    () => HERE,
  );
