/** Formats states as a list for SQL's IN. They come from the lifecycle tables, never from data. */
export function sqlList(states: readonly string[]): string {
  return states.map((state) => `'${state}'`).join(', ')
}
