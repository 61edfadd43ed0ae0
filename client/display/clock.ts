/** Times for a person, in their own time zone. */

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** A moment as it is shown. */
export interface Moment {
  /** `Sun 2026-11-22` */
  readonly day: string;
  /** `14:03` */
  readonly time: string;
  /** `2026-11-22 14:03:07` */
  readonly stamp: string;
}

/** Turns epoch milliseconds into what is shown; passed in, so that tests can choose the zone. */
export type Clock = (at: number) => Moment;

/** The clock of this machine's time zone. */
export const localClock: Clock = (at) => {
  const date = new Date(at);
  // A peer may send any number; years past 9999 are no dates that anybody reads.
  if (Number.isNaN(date.getTime())) return { day: "?", time: "--:--", stamp: "?" };
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return {
    day: `${DAYS[date.getDay()]} ${day}`,
    time,
    stamp: `${day} ${time}:${two(date.getSeconds())}`,
  };
};
