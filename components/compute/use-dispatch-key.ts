"use client";
import { useRef } from "react";

/** What a dispatch comes to when the connection broke before its answer arrived. */
export const LOST_ANSWER = {
  ok: false,
  error: {
    code: "unavailable",
    message: "The answer did not arrive.",
    hint: "Send it again: if the job was queued already, you get that same job.",
    requestId: "",
  },
} as const;

/** Not randomUUID, which browsers keep for https and localhost. */
const newKey = () =>
  `ui-${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** A key that names one wish to dispatch: the same for the same input until an answer has come, so that sending again cannot make a second job. */
export function useDispatchKey() {
  const held = useRef<{ key: string; input: string } | null>(null);
  return {
    keyFor: (wish: unknown) => {
      const input = JSON.stringify(wish);
      if (held.current?.input !== input) held.current = { key: newKey(), input };
      return held.current.key;
    },
    answered: () => {
      held.current = null;
    },
  };
}
