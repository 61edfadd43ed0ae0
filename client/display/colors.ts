/** Styles as SGR sequences, for terminals of 256, 16 or no colors. */

import type { Style } from "./format.ts";

/** The number of colors a terminal shows. */
export type Depth = "none" | "16" | "256";

/** Reads the number of colors from the environment: NO_COLOR (no-color.org), TERM, COLORTERM. */
export function colorDepth(get: (variable: string) => string | undefined): Depth {
  const term = get("TERM") ?? "";
  if (get("NO_COLOR") || term === "dumb") return "none";
  if (get("COLORTERM") || /256|direct|kitty|alacritty|ghostty/.test(term)) return "256";
  return "16";
}

/** Puts the SGR sequences of a style around a text. */
export type Styler = (text: string, style: Style) => string;

type FixedStyle = Extract<Style, string>;

// Dim, bold and reverse keep the terminal's own colors, so they are readable on any background.
const ATTRIBUTES: Record<FixedStyle, string> = {
  time: "2",
  room: "2",
  text: "",
  mention: "1;7",
  past: "2",
  happened: "2",
  notice: "2",
  problem: "1",
  mark: "1",
};

const COLORED: Record<FixedStyle, string> = { ...ATTRIBUTES, problem: "1;31", mark: "1;36" };

/** The styler for a terminal of that color depth. */
export function styler(depth: Depth): Styler {
  if (depth === "none") return styleBare;
  const names = depth === "256" ? NAME_COLORS.map((color) => `38;5;${color}`) : BASIC_NAMES;
  return (text, style) => {
    const code = typeof style === "string"
      ? COLORED[style]
      : names[fnv1a(style.person) % names.length] ?? "";
    return code === "" || text === "" ? text : `\x1b[${code}m${text}\x1b[m`;
  };
}

// Without colors a mention must still stand out.
function styleBare(text: string, style: Style): string {
  return style === "mention" ? `*${text}*` : text;
}

const BASIC_NAMES = ["31", "32", "34", "35", "36", "1;31", "1;32", "1;34", "1;35", "1;36"];

/** Bounds of relative luminance (WCAG 2.2) between which the contrast to black and to white is 3.9 : 1 or more. */
const LUMINANCE = [0.145, 0.219] as const;

/** The colors of the 256 that are readable on dark and light backgrounds, without the grays. */
export const NAME_COLORS: readonly number[] = Array.from({ length: 216 }, (_, index) => index + 16)
  .filter((color) => {
    const channels = channelsOf(color);
    const bright = luminance(channels);
    const colorful = Math.max(...channels) - Math.min(...channels) >= 95;
    return bright >= LUMINANCE[0] && bright <= LUMINANCE[1] && colorful;
  });

/** Red, green and blue (0 to 255) of one of xterm's colors 16 to 231. */
export function channelsOf(color: number): [number, number, number] {
  const level = (step: number) => step === 0 ? 0 : 55 + step * 40;
  const cube = color - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

/** Relative luminance by WCAG 2.2, 0 to 1. */
export function luminance(channels: readonly [number, number, number]): number {
  const linear = (channel: number) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const [red, green, blue] = channels;
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** A hash of the text that is the same on every machine (FNV-1a, 32 bits). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
