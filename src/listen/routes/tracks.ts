import { UserError } from '../../song/errors.ts'
import { changedPractice, type Practice } from '../../song/practice-settings.ts'
import type { Song } from '../../store/queries/songs.ts'
import type { Mix } from '../../store/tables/files.ts'

/**
 * The ids of the tracks that a request names by id or stem. 'instrumental' means all but the voice. Throws a UserError for a track
 * that the song does not have, and if no track is left.
 */
export function tracksOfMix(song: Song, wanted: readonly (number | string)[]): number[] {
  const ids = wanted.flatMap((each) => {
    const named = song.tracks.filter(({ id, stem }) => id === each || stem === each)
    const tracks = each === 'instrumental' && named.length === 0 ? allButVoice(song) : named
    if (tracks.length === 0) throw unknownTrackWanted(song, each)
    return tracks.map(({ id }) => id)
  })
  if (ids.length > 0) return [...new Set(ids)].sort((a, b) => a - b)
  throw new UserError(`Track not found: the request keeps no track of song ${song.id}. Name at least one.`, {
    code: 'unknown-track-wanted',
  })
}

/**
 * The mix that a request describes, with gains and pan by track id or stem. Throws a UserError for a track that the song does not
 * have, and if all are off.
 * @property gains in dB. Null switches a track off. A track without an entry keeps its level.
 */
export function wantedMix(
  song: Song,
  wanted: Practice & { gains: Readonly<Record<string, number | null>>; pan: Readonly<Record<string, number>> },
): Mix {
  const decibels = valuesByTrack(song, wanted.gains)
  const balance = valuesByTrack(song, wanted.pan)
  const tracks = song.tracks.map(({ id }) => id).filter((id) => decibels.get(id) !== null)
  const gains = Object.fromEntries(tracks.map((id) => [id, decibels.get(id) ?? 0]))
  const pan = Object.fromEntries(tracks.flatMap((id) => (balance.get(id) ? [[id, balance.get(id) ?? 0] as const] : [])))
  return {
    tracks: tracksOfMix(song, tracks),
    gains,
    ...(Object.keys(pan).length > 0 && { pan }),
    ...changedPractice(wanted),
  }
}

function valuesByTrack<T>(song: Song, values: Readonly<Record<string, T>>): Map<number, T> {
  const byTrack = new Map<number, T>()
  for (const [name, value] of Object.entries(values)) {
    const track = song.tracks.find(({ id, stem }) => String(id) === name || stem === name)
    if (!track) throw unknownTrackWanted(song, name)
    byTrack.set(track.id, value)
  }
  return byTrack
}

/** The error for an unknown track in a request's path or query. */
export function trackNotFound(song: Song, track: number): UserError {
  return new UserError(noTrack(song, track), { code: 'track-not-found' })
}

/** The error for an unknown track in a request's body. Its status differs. */
function unknownTrackWanted(song: Song, track: number | string): UserError {
  return new UserError(noTrack(song, track), { code: 'unknown-track-wanted' })
}

function noTrack(song: Song, track: number | string): string {
  const known = song.tracks.map(({ id, stem }) => `${id} (${stem})`).join(', ')
  return `Track not found: song ${song.id} has no track ${track}; it has ${known}.`
}

/** The meaning of 'instrumental', for any model. */
function allButVoice({ tracks }: Song): Song['tracks'] {
  return tracks.filter(({ stem }) => stem !== 'vocals')
}
