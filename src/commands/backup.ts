import { constants, type Stats } from 'node:fs'
import { copyFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../song/errors.ts'
import { copyLedger, Database } from '../store/database.ts'
import { ledgerPath, songFolder, songsFolder } from '../store/paths.ts'
import { knownSongIds } from '../store/trash.ts'

/** Made of stems whenever somebody wants them. */
const CAN_BE_MADE_AGAIN = /^rendered-/

export type Backup = { songs: number; files: number; copied: number; copiedBytes: number }

/**
 * Copies DATA_DIR to a folder, while the server runs: the ledger as it is at one moment, then the files of the songs it
 * knows. What is there from an earlier backup and has not changed is left alone. The folder is a DATA_DIR itself: a
 * server started on it goes on from there, and does again what was half done.
 * Throws a UserError when there is no ledger, or the folder holds something else.
 */
export async function backUp({
  from,
  to,
  onSong,
}: {
  from: string
  to: string
  onSong?(done: number, of: number): void
}): Promise<Backup> {
  const [source, target] = [{ root: resolve(from) }, { root: resolve(to) }]
  if (!(await sizeAndTime(ledgerPath(source))))
    throw new UserError(`There is no ledger in ${source.root}. Set DATA_DIR to where the server keeps its songs.`, {
      code: 'config',
    })
  if (`${target.root}/`.startsWith(`${source.root}/`))
    throw new UserError('The backup would lie inside of what is backed up. Choose another folder.', { code: 'usage' })
  await refuseForeignFolder(target.root)
  await mkdir(songsFolder(target), { recursive: true })
  const unfinished = `${ledgerPath(target)}.part`
  await rm(unfinished, { force: true })
  await copyLedger(ledgerPath(source), unfinished)
  const songIds = songsOf(unfinished)
  const backup: Backup = { songs: songIds.length, files: 0, copied: 0, copiedBytes: 0 }
  for (const [index, songId] of songIds.entries()) {
    await copySong({ from: songFolder(source, songId), to: songFolder(target, songId), backup })
    onSong?.(index + 1, songIds.length)
  }
  await rename(unfinished, ledgerPath(target))
  const kept = new Set(songIds.map(String))
  for (const name of await readdir(songsFolder(target))) {
    if (!kept.has(name)) await rm(join(songsFolder(target), name), { recursive: true })
  }
  return backup
}

async function refuseForeignFolder(root: string): Promise<void> {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw new UserError(`${root} cannot be used for a backup: ${error.message}`, { code: 'usage', cause: error })
  })
  const isOurs = names.length === 0 || names.includes('ledger.sqlite') || names.includes('ledger.sqlite.part')
  if (isOurs) return
  throw new UserError(`${root} holds other things. Name an empty folder, or one with an earlier backup.`, {
    code: 'usage',
  })
}

function songsOf(ledger: string): number[] {
  const db = new Database(ledger)
  const ids = knownSongIds(db)
  db.close()
  return ids
}

async function copySong({ from, to, backup }: { from: string; to: string; backup: Backup }): Promise<void> {
  const names = (await readdir(from).catch(() => [])).filter((name) => !CAN_BE_MADE_AGAIN.test(name))
  await mkdir(to, { recursive: true })
  for (const name of await readdir(to)) if (!names.includes(name)) await rm(join(to, name))
  for (const name of names) {
    const bytes = await copyChanged(join(from, name), join(to, name))
    if (bytes === null) continue
    backup.files++
    if (bytes > 0) backup.copied++
    backup.copiedBytes += bytes
  }
}

/** @returns the bytes that were copied; null when the file has gone meanwhile, with its song */
async function copyChanged(from: string, to: string): Promise<number | null> {
  const [now, before] = await Promise.all([sizeAndTime(from), sizeAndTime(to)])
  if (!now) return null
  if (before && before.size === now.size && Math.abs(before.mtimeMs - now.mtimeMs) < 1) return 0
  const part = join(dirname(to), '.part')
  try {
    await copyFile(from, part, constants.COPYFILE_FICLONE)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  await utimes(part, now.atime, now.mtime)
  await rename(part, to)
  return now.size
}

function sizeAndTime(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null)
}
