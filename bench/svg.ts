/**
 * Plots as SVG: logarithmic axes, and a line for each series with its name at the end.
 * Disturbed points are hollow, with their signs above. Pure, and readable on light and
 * dark backgrounds.
 */

import type { Plot, Point, Series } from "./section.ts";

const WIDTH = 900;
const HEIGHT = 460;
const FRAME = { left: 78, right: 620, top: 44, bottom: 400 };

/** Okabe and Ito's colors, which color-blind people can tell apart. */
const COLORS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#888888"];

/** Minimum distance of two names, in pixels. */
const LINE_HEIGHT = 16;

interface Axis {
  /** The position of a value, in pixels. */
  at(value: number): number;
  ticks: readonly number[];
}

/** The plot as the text of an SVG file. */
export function toSvg({ title, x, y, series }: Plot): string {
  const points = series.flatMap((each) => each.points);
  const across = axis(points.map((point) => point.x), FRAME.left, FRAME.right);
  const up = axis(points.map((point) => point.y), FRAME.bottom, FRAME.top);
  const places = nameplates(series, up);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    'font-family="sans-serif" font-size="12" fill="#666">',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${FRAME.left}" y="24" font-size="15" fill="#222">${escape(title)}</text>`,
    ...across.ticks.map((tick) => verticalLine(across.at(tick), tick)),
    ...up.ticks.map((tick) => horizontalLine(up.at(tick), tick)),
    text({ x: (FRAME.left + FRAME.right) / 2, y: FRAME.bottom + 42, anchor: "middle" }, x),
    `<text transform="translate(18 ${(FRAME.top + FRAME.bottom) / 2}) rotate(-90)" ` +
    `text-anchor="middle">${escape(y)}</text>`,
    ...series.map((each, index) => line(each, { across, up, name: places[index] ?? 0 })),
    "</svg>",
    "",
  ].join("\n");
}

/** A logarithmic axis from pixel `from` to pixel `to`, with room for all `values`. */
function axis(values: readonly number[], from: number, to: number): Axis {
  const positive = values.filter((value) => value > 0);
  const least = Math.log10(Math.min(...positive));
  const most = Math.max(Math.log10(Math.max(...positive)), least + 0.1);
  const margin = (most - least) * 0.04;
  const at = (value: number) =>
    from + (to - from) * (Math.log10(value) - least + margin) / (most - least + 2 * margin);
  const isFine = most - least < 3.2;
  const ticks: number[] = [];
  for (let power = Math.floor(least); power <= most; power++) {
    const steps = isFine ? [1, 2, 5] : [1];
    ticks.push(...steps.map((step) => step * 10 ** power));
  }
  const isInside = (tick: number) =>
    Math.log10(tick) >= least - margin && Math.log10(tick) <= most + margin;
  return { at: (value) => Math.round(at(value) * 10) / 10, ticks: ticks.filter(isInside) };
}

/** The positions of the names: at the ends of their lines, moved apart if they would overlap. */
function nameplates(series: readonly Series[], up: Axis): number[] {
  const ends = series.map(({ points }) => {
    const last = points.findLast(isOnAxis);
    return last === undefined ? FRAME.bottom : up.at(last.y);
  });
  const order = [...ends.keys()].sort((one, other) => (ends[one] ?? 0) - (ends[other] ?? 0));
  let last = -Infinity;
  for (const index of order) {
    last = Math.max(ends[index] ?? 0, last + LINE_HEIGHT);
    ends[index] = last;
  }
  const below = Math.max(0, last - FRAME.bottom);
  return ends.map((end) => end - below);
}

function line(
  { name, points, color: number }: Series,
  place: { across: Axis; up: Axis; name: number },
): string {
  const color = COLORS[number % COLORS.length];
  const width = number === 0 ? 3 : 1.5;
  return [
    `<g stroke="${color}" fill="${color}">`,
    `<path d="${pathOf(points, place)}" fill="none" stroke-width="${width}"/>`,
    ...points.map((point) => spot(point, place, width + 1)),
    `<text x="${FRAME.right + 10}" y="${place.name + 4}" stroke="none">${escape(name)}</text>`,
    "</g>",
  ].join("\n");
}

/** The line, with a gap where there is no figure. */
function pathOf(points: readonly Point[], { across, up }: { across: Axis; up: Axis }): string {
  const step = (point: Point, index: number) => {
    const before = points[index - 1];
    const command = before !== undefined && isOnAxis(before) ? "L" : "M";
    return isOnAxis(point) ? `${command}${across.at(point.x)},${up.at(point.y)}` : "";
  };
  return points.map(step).join("");
}

/** A point, on the frame if there is no figure. */
function spot(point: Point, { across, up }: { across: Axis; up: Axis }, radius: number): string {
  const [x, y] = [across.at(point.x), isOnAxis(point) ? up.at(point.y) : FRAME.bottom];
  const sign = point.mark.trim() || (isOnAxis(point) ? "" : "?");
  const circle = `<circle cx="${x}" cy="${y}" r="${radius}"`;
  return sign === "" ? `${circle} stroke="none"/>` : `${circle} fill="#fff" stroke-width="1.5"/>` +
    `<text x="${x}" y="${y - 8}" text-anchor="middle" stroke="none">${escape(sign)}</text>`;
}

/** Whether a point has a place on a logarithmic axis: a missing figure and zero have none. */
function isOnAxis({ y }: Point): boolean {
  return y > 0;
}

function verticalLine(x: number, tick: number): string {
  return grid({ x1: x, y1: FRAME.top, x2: x, y2: FRAME.bottom }) +
    text({ x, y: FRAME.bottom + 18, anchor: "middle" }, short(tick));
}

function horizontalLine(y: number, tick: number): string {
  return grid({ x1: FRAME.left, y1: y, x2: FRAME.right, y2: y }) +
    text({ x: FRAME.left - 8, y: y + 4, anchor: "end" }, short(tick));
}

function grid({ x1, y1, x2, y2 }: { x1: number; y1: number; x2: number; y2: number }): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`;
}

function text({ x, y, anchor }: { x: number; y: number; anchor: string }, words: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escape(words)}</text>`;
}

/** A number as an axis shows it: 2 M, 50 k, 0.1. */
function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return `${Number(value.toPrecision(3))}`;
}

function escape(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
