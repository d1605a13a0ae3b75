import { UserError } from '../../song/errors.ts'

/** The milliseconds of a beat. */
export type SongClock = (beat: number) => number

/** UltraStar writes a quarter of the beats that it counts. */
const BEATS_PER_WRITTEN_BEAT = 4

/** The clock of a file: #BPM, #GAP (the milliseconds before beat 0), and changes of tempo at a beat (`B beat bpm`). */
export function clockOfSong(
  headers: ReadonlyMap<string, string>,
  changes: readonly { beat: number; bpm: string }[],
): SongClock {
  const tempo = { beat: 0, atMs: decimal(headers.get('GAP') ?? '') ?? 0, beatMs: beatMs(headers.get('BPM') ?? '') }
  const tempos = [tempo]
  for (const { beat, bpm } of changes.toSorted((one, other) => one.beat - other.beat)) {
    const last = tempos.at(-1) ?? tempo
    tempos.push({ beat, atMs: last.atMs + (beat - last.beat) * last.beatMs, beatMs: beatMs(bpm) })
  }
  return (beat) => {
    const { beat: from, atMs, beatMs: lengthMs } = tempos.length === 1 ? tempo : (lastBefore(tempos, beat) ?? tempo)
    return Math.round(atMs + (beat - from) * lengthMs)
  }
}

function lastBefore<T extends { beat: number }>(tempos: readonly T[], beat: number): T | undefined {
  let low = 0
  let high = tempos.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tempos[middle]?.beat ?? 0) <= beat) low = middle + 1
    else high = middle
  }
  return tempos[low - 1]
}

function beatMs(written: string): number {
  const bpm = decimal(written)
  if (bpm === null || bpm <= 0) {
    throw new UserError('This UltraStar file has no usable #BPM, so its beats have no times.', { code: 'bad-lyrics' })
  }
  return 60_000 / (bpm * BEATS_PER_WRITTEN_BEAT)
}

/** With a point or a comma. */
function decimal(text: string): number | null {
  const number = Number.parseFloat(text.replace(',', '.'))
  return Number.isFinite(number) ? number : null
}
