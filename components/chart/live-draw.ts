import type uPlot from "uplot";
import type { LiveChartProps } from "./live-chart";

/** The colours of the theme, resolved for a canvas. */
export type Ink = {
  series: string[];
  axis: string;
  grid: string;
  band: string;
  text: string;
  tones: Record<"neutral" | "positive" | "negative" | "warning", string>;
  font: string;
};

/** Reads the design tokens where the chart stands. */
export function readInk(host: HTMLElement): Ink {
  const style = getComputedStyle(host);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((index) => token(`--chart-${index}`)),
    axis: token("--fg-subtle"),
    grid: token("--chart-grid"),
    band: token("--surface-hover"),
    text: token("--fg-muted"),
    tones: {
      neutral: token("--border-strong"),
      positive: token("--positive"),
      negative: token("--negative"),
      warning: token("--warning"),
    },
    font: style.fontFamily,
  };
}

function clipX(plot: uPlot, seconds: number): number {
  const { left, width } = plot.bbox;
  return Math.min(left + width, Math.max(left, plot.valToPos(seconds, "x", true)));
}

/** The spans of time in which no series has a value, as [from, to] in seconds. */
export function emptySpans(
  x: readonly number[],
  columns: readonly (readonly (number | null)[])[],
): [number, number][] {
  const spans: [number, number][] = [];
  let start: number | null = null;
  x.forEach((at, index) => {
    const empty = columns.every((column) => typeof column[index] !== "number");
    if (empty && start === null) start = x[Math.max(0, index - 1)] ?? at;
    if (!empty && start !== null) {
      spans.push([start, at]);
      start = null;
    }
  });
  const last = x.at(-1);
  if (start !== null && last !== undefined && last > start) spans.push([start, last]);
  return spans;
}

function hatch(plot: uPlot, from: number, to: number, ink: Ink): void {
  const { ctx } = plot;
  const { top, height } = plot.bbox;
  const left = clipX(plot, from);
  const right = clipX(plot, to);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, height);
  ctx.clip();
  ctx.strokeStyle = ink.tones.neutral;
  ctx.globalAlpha = 0.35;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let at = left - height; at < right; at += 8 * devicePixelRatio) {
    ctx.moveTo(at, top + height);
    ctx.lineTo(at + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

/** Stage bands and hatching, behind the lines. */
export function drawBackground(plot: uPlot, props: LiveChartProps, ink: Ink): void {
  const { ctx } = plot;
  const { top, height, left, width } = plot.bbox;
  const end = props.x.at(-1);
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px ${ink.font}`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  (props.stages ?? []).forEach((stage, index) => {
    const from = clipX(plot, stage.from);
    const to = stage.to === null ? left + width : clipX(plot, stage.to);
    if (to <= from) return;
    ctx.fillStyle = ink.band;
    if (index % 2 === 0) ctx.fillRect(from, top, to - from, height);
    ctx.fillStyle = ink.text;
    const pad = 4 * devicePixelRatio;
    if (ctx.measureText(stage.label).width + 2 * pad < to - from)
      ctx.fillText(stage.label, from + pad, top + pad);
  });
  ctx.restore();
  if (end === undefined) return;
  for (const [from, to] of emptySpans(
    props.x,
    props.series.map((item) => item.values),
  ))
    hatch(plot, from, to, ink);
}

/** Thresholds and markers, above the lines. */
export function drawForeground(plot: uPlot, props: LiveChartProps, ink: Ink): void {
  const { ctx } = plot;
  const { top, height, left, width } = plot.bbox;
  const pad = 4 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.font = `${11 * devicePixelRatio}px ${ink.font}`;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const line of props.thresholds ?? []) {
    const y = plot.valToPos(line.value, "y", true);
    ctx.strokeStyle = ink.tones.negative;
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
    ctx.fillStyle = ink.text;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    ctx.fillText(line.label, left + width - pad, y - 2);
  }
  ctx.setLineDash([]);
  for (const marker of props.markers ?? []) {
    const x = plot.valToPos(marker.at, "x", true);
    ctx.strokeStyle = ink.tones[marker.tone ?? "neutral"];
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.fillStyle = ink.text;
    ctx.textAlign = x > left + width * 0.8 ? "right" : "left";
    ctx.textBaseline = "bottom";
    ctx.fillText(marker.label, x + (ctx.textAlign === "right" ? -pad : pad), top + height - pad);
  }
  ctx.restore();
}
