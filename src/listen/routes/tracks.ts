import { UserError } from '../../song/errors.ts'
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
 * The mix for gains in dB by track id or stem. Null switches a track off. A track without an entry keeps its level. Throws a
 * UserError for a track that the song does not have, and if all are off.
 */
export function mixOfGains(song: Song, wanted: Readonly<Record<string, number | null>>): Mix {
  const byTrack = new Map<number, number | null>()
  for (const [name, decibels] of Object.entries(wanted)) {
    const track = song.tracks.find(({ id, stem }) => String(id) === name || stem === name)
    if (!track) throw unknownTrackWanted(song, name)
    byTrack.set(track.id, decibels)
  }
  const tracks = song.tracks.map(({ id }) => id).filter((id) => byTrack.get(id) !== null)
  const gains = Object.fromEntries(tracks.map((id) => [id, byTrack.get(id) ?? 0]))
  return { tracks: tracksOfMix(song, tracks), gains }
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
