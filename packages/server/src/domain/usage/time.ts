export const hour = 3_600_000;
export const day = 24 * hour;

/** The beginning of the hour that `now` is in, in milliseconds since 1970. */
export function hourOf(now: number): number {
  return now - (now % hour);
}

/** The beginning of the day in UTC. */
export function dayOf(now: number): number {
  return now - (now % day);
}
