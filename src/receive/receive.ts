import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { type Picture, probe } from '../audio/media.ts'
import { UserError } from '../song/errors.ts'
import type { Plan } from '../song/plan.ts'
import type { Found } from '../store/arrivals.ts'
import type { Database } from '../store/database.ts'
import { coverPath, type Folders, originalPath, songFolder } from '../store/paths.ts'
import { insertSong, type Song } from '../store/songs.ts'

const LONGEST_NAME = 255

/** What a look into a file tells of a song. */
export type Looked = Found & { fileName: string; picture: Picture | null; container: string }

/**
 * Looks into a file and decodes its first second; takes title and artist from its tags or its name.
 * Throws a UserError when it is no song, or longer than allowed.
 */
export async function lookInto({
  path,
  fileName,
  maxSeconds,
  signal,
}: {
  path: string
  fileName: string
  maxSeconds: number
  signal: AbortSignal
}): Promise<Looked> {
  const { announcedSeconds, tags, picture, container } = await probe({ path, signal })
  if (announcedSeconds !== null && announcedSeconds > maxSeconds) {
    const minutes = Math.ceil(announcedSeconds / 60)
    throw new UserError(
      `The song is ${minutes} minutes long; this server takes ${Math.floor(maxSeconds / 60)} (MAX_SONG_MINUTES).`,
      { code: 'too-long', status: 413 },
    )
  }
  const name = cleanName(fileName)
  const named = fromFileName(name)
  return {
    fileName: name,
    title: tags.title || named.title,
    band: tags.artist || named.band,
    album: tags.album,
    announcedSeconds,
    cover: picture?.mime ?? null,
    picture,
    container,
  }
}

/**
 * Makes a file a song of the ledger, and takes it where the song's files are; whoever still writes into it goes on.
 * A kill at any moment leaves a song with its file, or no song.
 * @param arrival what the sender calls the upload, where the file is not whole yet
 */
export function addSong({
  db,
  folders,
  path,
  looked: { picture, container: _container, ...found },
  model,
  arrival,
}: {
  db: Database
  folders: Folders
  path: string
  looked: Looked
  model: { name: string; plan: Plan }
  arrival: string | null
}): Song {
  return insertSong(db, { ...found, model: model.name, plan: model.plan, arrival }, (songId) => {
    mkdirSync(songFolder(folders, songId), { recursive: true })
    if (picture) writeFileSync(coverPath(folders, songId), picture.bytes)
    renameSync(path, originalPath(folders, songId))
  })
}

/** A name to show, never a path: the last part of it, without control characters. */
export function cleanName(fileName: string): string {
  const last = basename(fileName.replaceAll('\\', '/'))
  return [...last.replace(/\p{Cc}/gu, '').normalize('NFC')].slice(0, LONGEST_NAME).join('').trim()
}

/** "Queen - Another One Bites the Dust.mp3" says both; other names are the title. */
export function fromFileName(fileName: string): { title: string; band: string } {
  const stem = fileName
    .slice(0, fileName.length - extname(fileName).length)
    .replaceAll('_', ' ')
    .trim()
  const parts = /^(.+?) [-–—] (.+)$/u.exec(stem)
  return parts?.[1] && parts[2] ? { band: parts[1].trim(), title: parts[2].trim() } : { band: '', title: stem }
}
