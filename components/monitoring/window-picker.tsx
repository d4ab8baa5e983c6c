"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { Segments } from "@/components/common/segments";

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
    <Segments
      label="Time range"
      value={window}
      values={WINDOW_NAMES}
      nameOf={(name) => WINDOW_WORDS[name]}
      onChange={(next) => void setWindow(next)}
    />
  );
}
