"use client";
import { useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";

/** `keys`: "mod+k", "?", "/", "j", "Enter", or a sequence "g d". `mod` is ⌘ on Apple, Ctrl elsewhere. */
export type Shortcut = { keys: string; label: string; run: () => void; group?: string };

const STORAGE_KEY = "modelworks.single-key-shortcuts";
const SEQUENCE_MS = 1200;
const registry = new Map<symbol, readonly Shortcut[]>();
const listeners = new Set<() => void>();
let snapshot: readonly Shortcut[] = [];
const NONE: readonly Shortcut[] = [];

function changed() {
  snapshot = [...registry.values()].flat();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function readSingleKeys(): boolean {
  try {
    return window.localStorage.getItem(STORAGE_KEY) !== "off";
  } catch {
    return true;
  }
}

/** Switches shortcuts of one plain key on or off for this browser (WCAG 2.1.4). */
export function setSingleKeysEnabled(on: boolean): void {
  try {
    window.localStorage.setItem(STORAGE_KEY, on ? "on" : "off");
  } finally {
    for (const listener of listeners) listener();
  }
}

/** Whether shortcuts of one plain key are on. */
export function useSingleKeysEnabled(): boolean {
  return useSyncExternalStore(subscribe, readSingleKeys, () => true);
}

/** Everything registered at the moment, for the help sheet. */
export function useRegisteredShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(
    subscribe,
    () => snapshot,
    () => NONE,
  );
}

/** Registers shortcuts while the component is mounted; later registrations win over earlier ones with the same keys. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  const signature = shortcuts
    .map((item) => `${item.keys}\u0000${item.label}\u0000${item.group ?? ""}`)
    .join("\u0001");
  // Layout effects: what is shown listens from its first frame on, with the newest callbacks.
  useLayoutEffect(() => {
    latest.current = shortcuts;
  });
  useLayoutEffect(() => {
    const id = Symbol("shortcuts");
    const entries = signature
      .split("\u0001")
      .filter(Boolean)
      .map((part) => {
        const [keys = "", label = "", group = ""] = part.split("\u0000");
        const run = () => latest.current.find((item) => item.keys === keys)?.run();
        return { keys, label, group: group || undefined, run };
      });
    registry.set(id, entries);
    changed();
    return () => {
      registry.delete(id);
      changed();
    };
  }, [signature]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [role=textbox]")
  );
}

function overlayOpen(): boolean {
  return (
    document.querySelector(
      "[role=dialog][data-state=open], [role=alertdialog][data-state=open], [role=menu][data-state=open]",
    ) !== null
  );
}

function keyName(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.metaKey || event.ctrlKey ? `mod+${key}` : key;
}

function find(keys: string): Shortcut | undefined {
  return snapshot.findLast((item) => item.keys === keys);
}

/** Listens to the keyboard for the whole page. Mounted once, by the shell. */
export function useShortcutListener(): void {
  // Effect: the window's keyboard.
  useEffect(() => {
    let prefix = "";
    let prefixAt = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.altKey || event.repeat) return;
      const key = keyName(event);
      const plain = !key.startsWith("mod+");
      if (plain && (isTyping(event.target) || overlayOpen() || !readSingleKeys())) return;
      // Enter and Space belong to the control that has the focus.
      if (
        (key === "Enter" || key === " ") &&
        event.target instanceof HTMLElement &&
        event.target.closest("a, button, summary, [role=button], [role=tab]")
      )
        return;
      const sequence = prefix && Date.now() - prefixAt < SEQUENCE_MS ? find(`${prefix} ${key}`) : undefined;
      prefix = "";
      const hit = sequence ?? find(key);
      if (hit) {
        event.preventDefault();
        hit.run();
        return;
      }
      if (plain && snapshot.some((item) => item.keys.startsWith(`${key} `))) {
        prefix = key;
        prefixAt = Date.now();
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
