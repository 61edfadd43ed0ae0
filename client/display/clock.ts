/** Times as they are shown, in the person's time zone. */

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** A moment as it is shown. */
export interface Moment {
  /** `Sun 2026-11-22` */
  readonly day: string;
  /** `14:03` */
  readonly time: string;
  /** `2026-11-22 14:03:07` */
  readonly stamp: string;
  /** `+01:00`, without which the hour before the end of summer time is told twice. */
  readonly offset: string;
}

/** Formats epoch milliseconds; passed in, so that tests can choose the time zone. */
export type Clock = (at: number) => Moment;

/** The clock of this machine's time zone. */
export const localClock: Clock = (at) => {
  const date = new Date(at);
  // A peer may send any number, and a Date holds only 8.64e15 ms either way.
  if (Number.isNaN(date.getTime())) return { day: "?", time: "--:--", stamp: "?", offset: "" };
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const east = -date.getTimezoneOffset();
  const minutes = Math.abs(east);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return {
    day: `${DAYS[date.getDay()]} ${day}`,
    time,
    stamp: `${day} ${time}:${two(date.getSeconds())}`,
    offset: `${east < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
  };
};
