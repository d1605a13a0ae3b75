import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Model } from '../../models/description.ts'
import { fileNameOf } from '../../platform/file-name.ts'
import { UserError } from '../../song/errors.ts'
import { withoutSoundExtension } from '../../song/sound-file-name.ts'
import type { SoundFormat } from '../../song/sound-formats.ts'
import type { SongInput } from './list-songs.ts'
import { alreadyThere } from './song-draft.ts'

const MAX_LIST_CHARACTERS = 100

/** Which files are written for each song. */
export type OutputChoice = {
  folder: string
  /** Stems to write; all when empty. */
  stems: readonly string[]
  /** Stems to leave out of one mix. When empty, stems are written instead. */
  minus: readonly string[]
  format: SoundFormat
}

/** The output of a song: its folder, and the files in it, each the sum of some of the model's stems. */
export type SongOutputs = { song: SongInput; folder: string; files: { name: string; stems: number[] }[] }

/**
 * Plans the output of each song. A song gets a folder with the name of its file, or with `minus` a file in the common folder.
 * When two names would be the same, or differ only in case, the later one gets a number.
 */
export function planOutputs({
  songs,
  choice: { folder, stems, minus, format },
  model,
}: {
  songs: readonly SongInput[]
  choice: OutputChoice
  model: Model
}): SongOutputs[] {
  const indexOf = (stem: string) => model.stems.indexOf(stem)
  if (minus.length > 0) {
    const left = minus.flatMap((stem) => partsNamed(model, stem))
    const kept = model.stems.filter((stem) => !left.includes(stem)).map(indexOf)
    if (kept.length === 0) throw new UserError('Nothing is left without all stems.', { code: 'usage' })
    const listed = minus.join(', ')
    const suffix = ` (minus ${listed.length > MAX_LIST_CHARACTERS ? `${minus.length} stems` : listed}).${format}`
    return withNames(songs, suffix).map(({ song, name }) => ({ song, folder, files: [{ name, stems: kept }] }))
  }
  const files = (stems.length > 0 ? stems : model.stems).map((stem) => {
    return { name: `${stem}.${format}`, stems: partsNamed(model, stem).map(indexOf) }
  })
  return withNames(songs, '').map(({ song, name }) => ({ song, folder: join(folder, name), files }))
}

function withNames(songs: readonly SongInput[], suffix: string): { song: SongInput; name: string }[] {
  const taken = new Set<string>()
  return songs.map((song) => {
    for (let number = 1; ; number++) {
      const numbered = `${number === 1 ? '' : ` (${number})`}${suffix}`
      const name = fileNameOf(withoutSoundExtension(song.fileName), numbered)
      const key = name.normalize('NFC').toLowerCase()
      if (taken.has(key)) continue
      taken.add(key)
      return { song, name }
    }
  })
}

/** The model's stems that a name stands for. 'instrumental' stands for all stems but the voice. Empty if there are none. */
function partsNamed({ stems }: Model, name: string): string[] {
  if (stems.includes(name)) return [name]
  return name === 'instrumental' && stems.includes('vocals') ? stems.filter((stem) => stem !== 'vocals') : []
}

export function refuseStemsBesideMinus({ stems, minus }: OutputChoice): void {
  if (stems.length === 0 || minus.length === 0) return
  const said =
    '--stems writes stems, and --minus writes one mix instead of them. Leave one out, or run the command twice.'
  throw new UserError(said, { code: 'usage' })
}

export function refuseUnknownStems(model: Model, { stems, minus }: OutputChoice): void {
  const unknown = [...stems, ...minus].filter((stem) => partsNamed(model, stem).length === 0)
  if (unknown.length === 0) return
  throw new UserError(`${model.name} has no stem '${unknown.join("', '")}'; it has ${model.stems.join(', ')}.`, {
    code: 'usage',
  })
}

/**
 * Throws a UserError when an output exists. With `mayOverwrite`, existing files are accepted, but never a folder in place of a
 * file or a file in place of a folder.
 */
export function refuseToOverwrite({ folder, files }: SongOutputs, mayOverwrite: boolean): void {
  for (const path of [folder, ...files.map(({ name }) => join(folder, name))]) {
    if (!existsSync(path)) continue
    const isFolder = statSync(path).isDirectory()
    if (isFolder !== (path === folder)) {
      const said = `${path} already exists, and is ${isFolder ? 'a folder' : 'no folder'}. Move it away, or choose another folder than ${dirname(path)} with -o.`
      throw new UserError(said, { code: 'exists' })
    }
    if (isFolder || mayOverwrite) continue
    throw alreadyThere(path)
  }
}
