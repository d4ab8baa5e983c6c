"use client";
import { type Ref, type RefObject, useEffect, useImperativeHandle, useLayoutEffect, useRef } from "react";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Changes a field as its user would: React's handlers hear of it. */
function enter(field: Field, value: string, served: string): void {
  // React remembers the value it last saw and is silent about the same one; setting the property moves what it remembers, the
  // prototype's setter does not.
  field.value = served;
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value")?.set?.call(field, value);
  field.dispatchEvent(new Event(field instanceof HTMLSelectElement ? "change" : "input", { bubbles: true }));
}

/**
 * Keeps what somebody (or a password manager) entered into a served field before React took the page over: React knows nothing of
 * it and would put its own value back at the next update. Give the returned ref to the field; `ref` is the caller's own, `servedOf`
 * says which value the page was served with.
 */
export function useTypedEarly<T extends Field>(
  ref: Ref<T> | undefined,
  servedOf: (field: T) => string,
): RefObject<T | null> {
  const field = useRef<T>(null);
  // Undefined until the field was looked at; null when it held what was served.
  const typed = useRef<{ value: string; served: string } | null | undefined>(undefined);
  useImperativeHandle<T | null, T | null>(ref, () => field.current);
  // Before anything else can set the field back.
  useLayoutEffect(() => {
    const own = field.current;
    if (!own || typed.current !== undefined) return;
    const served = servedOf(own);
    typed.current = own.value === served ? null : { value: own.value, served };
  }, [servedOf]);
  // Only when those who listen to the form's values have subscribed, which parents do after us.
  useEffect(() => {
    const early = typed.current;
    typed.current = null;
    if (!early) return;
    queueMicrotask(() => {
      if (field.current?.isConnected) enter(field.current, early.value, early.served);
    });
  }, []);
  return field;
}

/** For fields whose element knows the value it was served with. */
export const servedText = (field: HTMLInputElement | HTMLTextAreaElement): string => field.defaultValue;
