import { existsSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = '/usr/share/games/fretsonfire/data/songs/muldjord'
const NAMES = ['internal_degeneration', 'armygeddon', 'mutilated_mime', 'chaos_god']

/** Four real songs of 4 to 5 minutes that a Debian package carries. */
export function realSongs(): string[] {
  const songs = NAMES.map((name) => join(FOLDER, name, 'song.ogg'))
  if (songs.every((path) => existsSync(path))) return songs
  throw new Error("There are no real songs here: run 'apt-get install fretsonfire-songs-muldjord'.")
}
