import { refuseTooMany } from '../refuse-too-many.ts'

/** @property lines the text of the cue, with its markup */
export type Cue = { startMs: number; endMs: number | null; lines: string[] }

const TIME = String.raw`(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})(?:[.,:](\d{1,9}))?`
const TIME_LINE = new RegExp(String.raw`^\s{0,20}${TIME}\s{0,20}-{1,3}>\s{0,20}(?:${TIME})?`)
const ONE_TIME = new RegExp(`^${TIME}$`)
const BLOCK_WITHOUT_TEXT = /^(?:NOTE|STYLE|REGION|WEBVTT)(?:[ \t]|$)/

/**
 * The cues of SRT and WebVTT, line by line: a line with an arrow between times begins a cue, a blank line ends it. What stands
 * before the times is a number or a name. A cue that is not divided from the next by a blank line ends before the number of the
 * next. A cue without an end, or with times that cannot be read, loses only itself.
 */
export function subtitleCues(text: string): Cue[] {
  const cues: Cue[] = []
  let cue: Cue | null = null
  let isPassedOver = false
  for (const line of text.split('\n')) {
    const times = line.includes('>') ? TIME_LINE.exec(line) : null
    if (times) {
      if (cue && /^\s*\d+\s*$/.test(cue.lines.at(-1) ?? '')) cue.lines.pop()
      cue = {
        startMs: timeOf(times.slice(1, 5)),
        endMs: times[6] === undefined ? null : timeOf(times.slice(5, 9)),
        lines: [],
      }
      cues.push(cue)
      refuseTooMany({ lines: cues.length })
      isPassedOver = false
    } else if (line.trim() === '') {
      cue = null
      isPassedOver = false
    } else if (!cue && BLOCK_WITHOUT_TEXT.test(line)) isPassedOver = true
    else if (cue && !isPassedOver && !line.includes('-->')) cue.lines.push(line)
  }
  return cues
}

/** The milliseconds of 00:01.500; null for anything else. */
export function subtitleTime(text: string): number | null {
  const match = ONE_TIME.exec(text)
  return match ? timeOf(match.slice(1)) : null
}

function timeOf([hours = '0', minutes = '0', seconds = '0', fraction = '']: readonly (string | undefined)[]): number {
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  return whole * 1_000 + Math.round(Number(`0.${fraction || '0'}`) * 1_000)
}
