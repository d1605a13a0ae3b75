import type { Practice } from '../../song/practice-settings.ts'
import { titleOf } from '../../song/song-title.ts'
import type { SoundFormat } from '../../song/sound-formats.ts'
import type { Song } from '../../store/queries/songs.ts'
import type { Mix, StoredFile } from '../../store/tables/files.ts'
import { practiceOf } from '../../store/tables/mix-columns.ts'
import { downloadName } from './download-name.ts'

/** From this number of tracks on, a mix of one track is named after it: "vocals" and not "minus drums, bass, other". */
const MANY_TRACKS = 3

/**
 * The file name of a stem or a mix: "Queen - Song (vocals).wav", "Queen - Song (minus vocals, drums −6 dB).mp3",
 * "Song (minus vocals, −3 semitones, 80 %).mp3".
 * @property file a stem has a track, and the key and tempo of its mix if it has one
 */
export function exportName({
  song,
  file,
  format,
}: {
  song: Song
  file: Pick<StoredFile, 'trackId' | 'mix'>
  format: SoundFormat
}): string {
  const words = [...partsOf(song, file), ...(file.mix ? practiceWords(practiceOf(file.mix)) : [])]
  return downloadName({ artist: song.band, title: titleOf(song), words: words.join(', '), extension: format })
}

/** What is said of key and tempo in a file name. Nothing if they are as recorded. */
export function practiceWords({ semitones, tempo }: Practice): string[] {
  const steps = Math.abs(semitones)
  return [
    ...(semitones === 0 ? [] : [`${signed(semitones)} ${steps === 1 ? 'semitone' : 'semitones'}`]),
    ...(tempo === 1 ? [] : [`${percent(tempo)} %`]),
  ]
}

/** The stem's name, or the difference between a mix and the song. Empty for a mix that equals the song. */
function partsOf(song: Song, { trackId, mix }: Pick<StoredFile, 'trackId' | 'mix'>): string[] {
  const track = song.tracks.find(({ id }) => id === trackId)
  if (track) return [track.stem]
  if (!mix) return []
  const heard = song.tracks.filter(({ id }) => mix.tracks.includes(id))
  const removed = song.tracks.filter(({ id }) => !mix.tracks.includes(id)).map(({ stem }) => stem)
  const changed = heard.flatMap(({ id, stem }) => {
    const changes = changesOf(mix, id)
    return changes.length === 0 ? [] : [[stem, ...changes].join(' ')]
  })
  const [only] = heard
  if (only && heard.length === 1 && song.tracks.length >= MANY_TRACKS) return changed.length > 0 ? changed : [only.stem]
  return [...(removed.length > 0 ? [`minus ${removed.join(', ')}`] : []), ...changed]
}

function changesOf({ gains, pan }: Mix, trackId: number): string[] {
  const decibels = gains[trackId] ?? 0
  const balance = pan?.[trackId] ?? 0
  return [
    ...(decibels === 0 ? [] : [`${signed(decibels)} dB`]),
    ...(balance === 0 ? [] : [`${percent(Math.abs(balance))} % ${balance < 0 ? 'left' : 'right'}`]),
  ]
}

function signed(value: number): string {
  return `${value > 0 ? '+' : '−'}${Math.abs(value)}`
}

/** With one decimal if it has any. */
function percent(share: number): number {
  return Number((100 * share).toFixed(1))
}
