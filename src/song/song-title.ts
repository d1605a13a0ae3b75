/** A song's title as people see it. A song without one is called by its number. */
export function titleOf({ id, title }: { id: number; title: string }): string {
  return title || `Song ${id}`
}
