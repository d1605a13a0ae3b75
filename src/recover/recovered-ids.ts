import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import type { Database } from '../store/ledger/database.ts'
import type { Track } from '../store/queries/songs.ts'
import { type RecoveredSong, unusedId } from '../store/records/recovered-song.ts'
import type { PersonRecord, SongRecord } from '../store/records/song-record.ts'
import { type Folders, mixPath, peaksPath, stemPath } from '../store/song-files/paths.ts'

/*
 * The ids by which a recovered song's tracks and files are fetched. They stay the same, so that links to them go on working,
 * unless another song uses them now.
 */

/** Gives tracks their former ids. If another song uses one of them, the track gets a new id and its files are renamed. */
export async function assignTrackIds({
  db,
  folders,
  songId,
  tracks,
}: {
  db: Database
  folders: Folders
  songId: number
  tracks: readonly Track[]
}): Promise<Track[]> {
  const taken = new Set<number>()
  const moves: (() => Promise<void>)[] = []
  const free = tracks.map(({ id, stem }) => {
    const newId = unusedId(db, 'tracks', id, taken)
    taken.add(newId)
    for (const pathOf of [stemPath, peaksPath]) {
      const [from, to] = [pathOf(folders, { songId, trackId: id }), pathOf(folders, { songId, trackId: newId })]
      if (newId !== id && existsSync(from)) moves.push(() => rename(from, to))
    }
    return { id: newId, stem }
  })
  // Rename in reverse order: a new id may be the former id of a later track.
  for (const move of moves.reverse()) await move()
  return free
}

/** The ids of the tracks with these stems. Stems that the song does not have are left out. */
export function trackIdsOf(tracks: readonly Track[], stems: readonly string[]): number[] {
  return stems.flatMap((stem) => tracks.find((track) => track.stem === stem)?.id ?? [])
}

/** The files of a song's stems and mixes, by their former ids if these are free. Mixes of files with new ids are renamed. */
export async function recoverFiles({
  db,
  folders,
  songId,
  record,
  person,
  tracks,
}: {
  db: Database
  folders: Folders
  songId: number
  record: SongRecord | null
  person: PersonRecord | null
  tracks: readonly Track[]
}): Promise<RecoveredSong['files'][number][]> {
  const taken = new Set<number>()
  const reserveId = (wanted: number): number => {
    const id = unusedId(db, 'files', wanted, taken)
    taken.add(id)
    return id
  }
  const stems = (record?.stemFiles ?? []).flatMap(({ id, trackId }) => {
    const at = record?.tracks.findIndex((track) => track.id === trackId) ?? -1
    const track = tracks[at]
    return track ? [{ id: reserveId(id), trackId: track.id }] : []
  })
  const mixes = (person?.mixes ?? []).map(({ id, kept, gains, pan, semitones, tempo }) => ({
    formerId: id,
    id: reserveId(id),
    tracks: trackIdsOf(tracks, kept),
    gains: byTrack(tracks, gains),
    ...(pan && { pan: byTrack(tracks, pan) }),
    ...(semitones !== undefined && { semitones }),
    ...(tempo !== undefined && { tempo }),
  }))
  for (const { formerId, id } of [...mixes].reverse()) {
    const from = mixPath(folders, { songId, fileId: formerId })
    if (formerId !== id && existsSync(from)) await rename(from, mixPath(folders, { songId, fileId: id }))
  }
  return [...stems, ...mixes.filter((mix) => mix.tracks.length > 0).map(({ formerId: _formerId, ...mix }) => mix)]
}

/** Values by the ids of tracks, from values by their stems. */
function byTrack(tracks: readonly Track[], values: Readonly<Record<string, number>>): Record<number, number> {
  const known = tracks.flatMap(({ id, stem }) => {
    const value = values[stem]
    return value === undefined ? [] : [[id, value] as const]
  })
  return Object.fromEntries(known)
}
