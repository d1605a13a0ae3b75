import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { probe } from '../audio/media.ts'
import { UserError } from '../song/errors.ts'
import type { Plan } from '../song/plan.ts'
import type { Database } from '../store/database.ts'
import { coverPath, type Folders, originalPath, songFolder } from '../store/paths.ts'
import { insertSong, type Song } from '../store/songs.ts'

const LONGEST_NAME = 255

/**
 * Turns an upload into a song of the ledger: looks into the file, decodes its first second, takes title and artist from
 * its tags or its name. Throws a UserError when it is no song, or longer than allowed; the upload is gone then.
 * A kill at any moment leaves a song with its file, or no song.
 */
export async function receiveSong({
  db,
  folders,
  upload,
  fileName,
  model,
  maxSeconds,
  signal,
}: {
  db: Database
  folders: Folders
  upload: string
  fileName: string
  model: { name: string; plan: Plan }
  maxSeconds: number
  signal: AbortSignal
}): Promise<Song> {
  try {
    const info = await probe({ path: upload, signal })
    if (info.announcedSeconds !== null && info.announcedSeconds > maxSeconds) {
      const minutes = Math.ceil(info.announcedSeconds / 60)
      throw new UserError(
        `The song is ${minutes} minutes long; this server takes ${Math.floor(maxSeconds / 60)} (MAX_SONG_MINUTES).`,
        { code: 'too-long', status: 413 },
      )
    }
    const name = cleanName(fileName)
    const named = fromFileName(name)
    const song = {
      fileName: name,
      title: info.tags.title || named.title,
      band: info.tags.artist || named.band,
      album: info.tags.album,
      model: model.name,
      announcedSeconds: info.announcedSeconds,
      plan: model.plan,
      cover: info.picture?.mime ?? null,
    }
    return insertSong(db, song, (songId) => {
      mkdirSync(songFolder(folders, songId), { recursive: true })
      if (info.picture) writeFileSync(coverPath(folders, songId), info.picture.bytes)
      renameSync(upload, originalPath(folders, songId))
    })
  } finally {
    await rm(upload, { force: true })
  }
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
