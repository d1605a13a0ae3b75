import { UserError } from '../song/errors.ts'
import type { Mix } from '../store/files.ts'
import type { Song } from '../store/songs.ts'

/** The tracks that a caller names by id or stem; 'instrumental' is all but the voice. Throws a UserError (405) for others, and for none. */
export function tracksToKeep(song: Song, wanted: readonly (number | string)[]): number[] {
  const kept = wanted.flatMap((each) => {
    const named = song.tracks.filter(({ id, stem }) => id === each || stem === each)
    const tracks = each === 'instrumental' && named.length === 0 ? allButVoice(song) : named
    if (tracks.length === 0) throw trackNotFound(song, each, 405)
    return tracks.map(({ id }) => id)
  })
  if (kept.length > 0) return [...new Set(kept)].sort((a, b) => a - b)
  throw new UserError(`Track not found: none of song ${song.id} is to be kept. Name at least one.`, {
    code: 'track-not-found',
    status: 405,
  })
}

/** What 'instrumental' means with any model. */
function allButVoice({ tracks }: Song): Song['tracks'] {
  return tracks.filter(({ stem }) => stem !== 'vocals')
}

export function trackNotFound(song: Song, track: number | string, status: 404 | 405): UserError {
  const known = song.tracks.map(({ id, stem }) => `${id} (${stem})`).join(', ')
  return new UserError(`Track not found: song ${song.id} has no track ${track}; it has ${known}.`, {
    code: 'track-not-found',
    status,
  })
}

/**
 * What gains in dB by track id or stem make of a song; null is off, who is not named stays as it is. Throws a UserError (405)
 * for a track that is not there, and when all are off.
 */
export function mixOfGains(song: Song, wanted: Readonly<Record<string, number | null>>): Mix {
  const byTrack = new Map<number, number | null>()
  for (const [name, decibels] of Object.entries(wanted)) {
    const track = song.tracks.find(({ id, stem }) => String(id) === name || stem === name)
    if (!track) throw trackNotFound(song, name, 405)
    byTrack.set(track.id, decibels)
  }
  const kept = song.tracks.map(({ id }) => id).filter((id) => byTrack.get(id) !== null)
  const gains = Object.fromEntries(kept.map((id) => [id, byTrack.get(id) ?? 0]))
  return { kept: tracksToKeep(song, kept), gains }
}
