import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { UserError } from '../../song/errors.ts'
import { isSoundFileName } from '../../song/sound-file-name.ts'
import { printError } from '../terminal.ts'
import { locate, textOf } from './byte-path.ts'

export const STANDARD_INPUT: ReadonlySet<string> = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'])
/** The names of files that `--minus` writes. */
const MIX = / \(minus [^()]+\)\.\w+$/

/** A song that was named on the command line, or found in a folder that was. */
export type SongInput = {
  /** The name for messages: as the user gave it, or the path as text if it is not UTF-8. */
  argument: string
  fileName: string
  path: string | Buffer
}

/**
 * Lists the songs that were named, each file once. A folder stands for the songs in it, in the order of their names.
 * @param outputFolder mixes in this folder are skipped, so that the same command can run again on the same folder
 */
export async function listSongs(names: readonly string[], outputFolder: string): Promise<SongInput[]> {
  if (names.includes(''))
    throw new UserError('An argument is empty (""). Name a song or a folder of songs in its place.', { code: 'usage' })
  const songs = new Map<string, SongInput>()
  for (const name of names) {
    const isOutput = resolve(name) === resolve(outputFolder)
    const isSong = (fileName: string) => isSoundFileName(fileName) && !(isOutput && MIX.test(fileName))
    for (const path of await songsBehind(name, isSong)) songs.set(resolve(path), await inputOf(path))
  }
  return [...songs.values()]
}

/** The songs in a folder. Returns the name itself if it is no folder or a folder without songs: `openInput` reports that. */
async function songsBehind(name: string, isSong: (fileName: string) => boolean): Promise<string[]> {
  if (STANDARD_INPUT.has(name)) return [name]
  const path = await locate(name)
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  const songs: string[] = []
  for (const entry of entries) {
    const song = join(name, entry.name)
    const isFile = entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(song)))
    if (isFile && isSong(entry.name)) songs.push(song)
  }
  if (songs.length === 0) return [name]
  printError(`${shownAs(name, path)}: ${songs.length === 1 ? '1 song' : `${songs.length} songs`}`)
  return songs.sort()
}

/** Also true for a broken link, which `openInput` reports. */
async function leadsToFile(link: string): Promise<boolean> {
  const found = await stat(await locate(link)).catch(() => null)
  return found?.isFile() ?? true
}

async function inputOf(name: string): Promise<SongInput> {
  if (STANDARD_INPUT.has(name)) return { argument: name, fileName: 'stdin', path: name }
  const path = await locate(name)
  const argument = shownAs(name, path)
  return { argument, fileName: basename(argument), path }
}

function shownAs(name: string, path: string | Buffer): string {
  return typeof path === 'string' ? name : textOf(path)
}
