import { InvalidArgumentError } from 'commander'

/** Names with commas between them, each once. */
export function parseList(value: string): string[] {
  const names = value.split(',').map((each) => each.trim())
  return [...new Set(names)].filter(Boolean)
}

/** Throws when there is no name. */
export function parseNames(value: string): string[] {
  const names = parseList(value)
  if (names.length > 0) return names
  throw new InvalidArgumentError('at least one name is wanted')
}

/** Throws when it is not a whole number above 0. */
export function parsePositive(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  throw new InvalidArgumentError('a whole number above 0 is wanted')
}
