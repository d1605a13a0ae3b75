/**
 * How many more invitations may go out: one running and one waiting job for every worker that takes work
 * of a model. So a worker
 * never runs dry, a jump of a listener is served at once, and a ten-hour song does not fill the broker.
 */
export function openPlaces({ workers, outstanding }: { workers: number; outstanding: number }): number {
  return Math.max(0, 2 * workers - outstanding)
}
