/** A plot fills the frame that its chart gives it. */
export const FILL = { width: "100%", height: "100%" } as const;

const TICKS = { tick: { fontSize: 12, fill: "var(--fg-subtle)" }, tickLine: false } as const;

/** The axis that things stand on. */
export const BASE_AXIS = { ...TICKS, axisLine: { stroke: "var(--border)" } } as const;

/** The axis that values are read from: its grid is line enough. */
export const VALUE_AXIS = { ...TICKS, axisLine: false } as const;

/** Room for the numbers of a value axis at the left, in px. */
export const VALUE_AXIS_WIDTH = 52;

export const TOOLTIP = {
  isAnimationActive: false,
  contentStyle: {
    background: "var(--surface-raised)",
    border: "1px solid var(--border)",
    borderRadius: 6,
    fontSize: 12,
    padding: "6px 8px",
  },
  labelStyle: { color: "var(--fg-muted)" },
  itemStyle: { color: "var(--fg)", padding: 0 },
} as const;
