import { renameSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { MediaPool } from '../audio/media/media-pool.ts'
import { type Picture, probe } from '../audio/media.ts'
import { singleLine } from '../platform/printable.ts'
import { UserError } from '../song/errors.ts'
import { parseFileName } from '../song/name-parts.ts'
import type { Plan } from '../song/plan.ts'
import type { Database } from '../store/ledger/database.ts'
import type { Song, SongFindings } from '../store/queries/songs.ts'
import { coverPath, type Folders, originalPath } from '../store/song-files/paths.ts'
import { makeSongFolder } from '../store/song-files/song-folder.ts'
import { addSong } from '../store/transitions/songs.ts'

const MAX_NAME_CHARACTERS = 255

/** What probing a file finds out about a song. */
export type ProbedSong = SongFindings & { fileName: string; picture: Picture | null; container: string }

/**
 * Opens a file and decodes its first second. Takes title and artist from its tags or its name. Throws a UserError if it is
 * not a song, or longer than allowed.
 */
export async function probeSong({
  path,
  fileName,
  soundTrack,
  maxSeconds,
  mediaPool,
  signal,
}: {
  path: string
  fileName: string
  soundTrack: number | null
  maxSeconds: number
  mediaPool?: MediaPool | undefined
  signal: AbortSignal
}): Promise<ProbedSong> {
  const { announcedSeconds, tags, picture, notes, container } = await probe({ path, soundTrack, mediaPool, signal })
  if (announcedSeconds !== null && announcedSeconds > maxSeconds) {
    const minutes = Math.ceil(announcedSeconds / 60)
    throw new UserError(
      `The song is ${minutes} minutes long, but this server takes at most ${Math.floor(maxSeconds / 60)} (MAX_SONG_MINUTES).`,
      { code: 'too-long' },
    )
  }
  const name = toDisplayName(fileName)
  const named = parseFileName(name)
  return {
    fileName: name,
    title: tags.title || named.title,
    band: tags.artist || named.band,
    album: tags.album,
    announcedSeconds,
    cover: picture?.mime ?? null,
    soundTrack,
    warnings: notes,
    picture,
    container,
  }
}

/**
 * Adds a file to the ledger as a song and moves it into the song's folder. An upload that is still writing the file
 * continues. The song is marked as uploading until `confirmUploadOnDisk`: after a crash the next start removes it.
 * @param id a reserved id; null for the next one
 * @param uploadName the sender's name for the upload while the file is not complete
 */
export function addUploadedSong({
  db,
  folders,
  id,
  path,
  found: { picture, container: _container, ...findings },
  model,
  uploadName,
}: {
  db: Database
  folders: Folders
  id: number | null
  path: string
  found: ProbedSong
  model: { name: string; plan: Plan }
  uploadName: string | null
}): Song {
  return addSong(db, { ...findings, id, model: model.name, plan: model.plan, uploadName }, (songId) => {
    makeSongFolder(folders, songId)
    if (picture) writeFileSync(coverPath(folders, songId), picture.bytes)
    renameSync(path, originalPath(folders, songId))
  })
}

/** Makes a display name of a sender's file name: its last path component, as one line without control characters. */
export function toDisplayName(fileName: string): string {
  const last = basename(fileName.replaceAll('\\', '/'))
  return [...singleLine(last).normalize('NFC')].slice(0, MAX_NAME_CHARACTERS).join('').trim()
}
