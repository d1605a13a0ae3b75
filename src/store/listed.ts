/** States as a list for SQL's IN: they are words of the lifecycle tables, never data. */
export function sqlList(states: readonly string[]): string {
  return states.map((state) => `'${state}'`).join(', ')
}
