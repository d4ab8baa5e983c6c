"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { ToggleGroup, ToggleGroupItem } from "@/components/ui/toggle-group";

export const WINDOW_NAMES = ["15m", "1h", "6h", "24h", "7d"] as const;
export type WindowName = (typeof WINDOW_NAMES)[number];
export const WINDOW_WORDS: Record<WindowName, string> = {
  "15m": "last 15 minutes",
  "1h": "last hour",
  "6h": "last 6 hours",
  "24h": "last 24 hours",
  "7d": "last 7 days",
};

/** The time range of the page, kept in the address. */
export const useWindow = () => useQueryState("window", parseAsStringLiteral(WINDOW_NAMES).withDefault("1h"));

export function WindowPicker() {
  const [window, setWindow] = useWindow();
  return (
    <ToggleGroup
      type="single"
      aria-label="Time range"
      value={window}
      onValueChange={(next) => {
        const known = WINDOW_NAMES.find((name) => name === next);
        if (known) void setWindow(known);
      }}
    >
      {WINDOW_NAMES.map((name) => (
        <ToggleGroupItem key={name} value={name} aria-label={WINDOW_WORDS[name]}>
          {name}
        </ToggleGroupItem>
      ))}
    </ToggleGroup>
  );
}
