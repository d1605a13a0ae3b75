/**
 * The item that a key leads to in an open menu (ARIA Authoring Practices, menu button): arrows go round, Home and End lead to
 * the ends, and a letter to the next item that begins with it.
 * @param at the focused item; -1 for none
 * @returns null if the key leads nowhere
 */
export function menuTarget(key: string, { labels, at }: { labels: readonly string[]; at: number }): number | null {
  const { length } = labels
  if (length === 0) return null
  switch (key) {
    case 'ArrowDown':
      return (at + 1) % length
    case 'ArrowUp':
      return (Math.max(at, 0) - 1 + length) % length
    case 'Home':
      return 0
    case 'End':
      return length - 1
    default:
      return beginningWith(key, { labels, at })
  }
}

function beginningWith(key: string, { labels, at }: { labels: readonly string[]; at: number }): number | null {
  if ([...key].length !== 1 || key === ' ') return null
  const { length } = labels
  const inTurn = labels.map((_, step) => (at + 1 + step) % length)
  const letter = key.toLowerCase()
  return inTurn.find((index) => labels[index]?.toLowerCase().startsWith(letter)) ?? null
}
