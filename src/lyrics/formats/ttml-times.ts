import { elementsNamed, type XmlElement } from './xml-reader.ts'

/** @property begin milliseconds; null if the element has none */
export type TtmlTimes = { beginMs: number | null; endMs: number | null }
export type TtmlClock = { frameRate: number; tickRate: number; isRelative: boolean }

const CLOCK = /^(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:\.(\d{1,9})|:(\d{1,3})(?:\.\d{1,3})?)?$/
const OFFSET = /^(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)?$/
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }
/** Defaults of TTML 2, 7.2.3 and 7.2.14. */
const FRAME_RATE = 30

/**
 * How a document counts time. Times of a child count from the beginning of its parent (TTML 2, 12.4), but programs that write
 * lyrics mostly count from the beginning of the song. A child that would begin before its parent shows the first.
 */
export function clockOf(root: XmlElement): TtmlClock {
  const frameRate = positive(root.attributes.get('frameRate')) ?? FRAME_RATE
  const clock = { frameRate, tickRate: positive(root.attributes.get('tickRate')) ?? 1, isRelative: false }
  const pairs = elementsNamed(root, 'p').flatMap((line) => {
    const beginMs = timesOf(line, { clock, originMs: 0 }).beginMs
    return elementsNamed(line, 'span').flatMap((span) => {
      const spanMs = timesOf(span, { clock, originMs: 0 }).beginMs
      return beginMs === null || spanMs === null || beginMs === 0 ? [] : [spanMs < beginMs]
    })
  })
  return { ...clock, isRelative: pairs.filter(Boolean).length * 2 > pairs.length }
}

/** The times of an element from its attributes begin, end and dur. */
export function timesOf(
  { attributes }: XmlElement,
  { clock, originMs }: { clock: TtmlClock; originMs: number },
): TtmlTimes {
  const parse = (name: string) => timeOf(attributes.get(name), clock)
  const add = (timeMs: number | null) => (timeMs === null ? null : timeMs + originMs)
  const beginMs = add(parse('begin'))
  const durationMs = parse('dur')
  const endMs = add(parse('end')) ?? (beginMs !== null && durationMs !== null ? beginMs + durationMs : null)
  return { beginMs, endMs }
}

function timeOf(value: string | undefined, { frameRate, tickRate }: TtmlClock): number | null {
  const text = (value ?? '').trim()
  const clock = CLOCK.exec(text)
  if (clock) {
    const [, hours = '0', minutes = '0', seconds = '0', fraction = '0', frames = '0'] = clock
    const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
    return Math.round((whole + Number(`0.${fraction}`) + Number(frames) / frameRate) * 1_000)
  }
  const [, count, unit = 's'] = OFFSET.exec(text) ?? []
  if (count === undefined) return null
  if (unit === 'f') return Math.round((Number(count) / frameRate) * 1_000)
  if (unit === 't') return Math.round((Number(count) / tickRate) * 1_000)
  return Math.round(Number(count) * (UNIT_MS[unit] ?? 1_000))
}

function positive(value: string | undefined): number | null {
  const number = Number(value)
  return Number.isFinite(number) && number > 0 ? number : null
}
