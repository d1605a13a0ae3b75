import { writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { planOf } from '../models/description.ts'
import type { InstalledModel } from '../models/installed-models.ts'
import { probeSong } from '../receive/probe-song.ts'
import { titleOf } from '../song/song-title.ts'
import type { SongRecord } from '../store/records/song-record.ts'
import { coverPath, type Folders, originalPath } from '../store/song-files/paths.ts'
import { moveUnknownStems } from '../store/song-files/song-folder.ts'

const INSPECTION_TIMEOUT_MS = 60_000

/** What the record of a song says of it, without what was made of it. */
export type SongDescription = Omit<SongRecord, 'format' | 'id' | 'decoded' | 'stemFiles'>

/** Describes a song of which only the upload is left, as if it had just been uploaded. */
export async function describeUpload({
  folders,
  songId,
  defaultModel,
  maxSeconds,
}: {
  folders: Folders
  songId: number
  /** The model by which the song is separated. */
  defaultModel: InstalledModel
  maxSeconds: number
}): Promise<SongDescription> {
  const path = originalPath(folders, songId)
  const looked = await probeSong({
    path,
    fileName: '',
    soundTrack: null,
    maxSeconds,
    signal: AbortSignal.timeout(INSPECTION_TIMEOUT_MS),
  })
  const { mtimeMs } = await stat(path)
  if (looked.picture) writeFileSync(coverPath(folders, songId), looked.picture.bytes)
  await moveUnknownStems(folders, songId)
  const plan = planOf(defaultModel)
  return {
    fileName: '',
    title: titleOf({ id: songId, title: looked.title }),
    band: looked.band,
    album: looked.album,
    model: defaultModel.name,
    plan: { ...plan, stems: [...plan.stems] },
    tracks: plan.stems.map((stem, index) => ({ id: index + 1, stem })),
    announcedSeconds: looked.announcedSeconds,
    cover: looked.cover,
    track: null,
    addedAt: Math.floor(mtimeMs),
  }
}
