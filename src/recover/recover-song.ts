import { existsSync, writeFileSync } from 'node:fs'
import { rename, stat } from 'node:fs/promises'
import { planOf } from '../models/description.ts'
import type { InstalledModel } from '../models/installed-models.ts'
import { probeSong } from '../receive/probe-song.ts'
import { BYTES_PER_STEREO_SAMPLE } from '../song/pcm.ts'
import { countSegments } from '../song/segment.ts'
import { titleOf } from '../song/song-title.ts'
import type { Database } from '../store/ledger/database.ts'
import type { Track } from '../store/queries/songs.ts'
import { moveUnreadableAside, readJsonFile } from '../store/records/json-file.ts'
import { insertRecoveredSong, type RecoveredSong, unusedId } from '../store/records/recovered-song.ts'
import { PersonRecord, SongRecord } from '../store/records/song-record.ts'
import {
  coverPath,
  type Folders,
  mixPath,
  originalPath,
  pcmPath,
  peaksPath,
  personRecordPath,
  songRecordPath,
  stemPath,
} from '../store/song-files/paths.ts'
import { moveUnknownStems } from '../store/song-files/song-folder.ts'
import { hashOfValidBlock } from './check-song.ts'

const INSPECTION_TIMEOUT_MS = 60_000

/** The result of recovering one song. */
export type Recovered = {
  songId: number
  title: string
  band: string
  blocks: number
  ofBlocks: number | null
  /** Whether its separation had been requested. */
  wasAsked: boolean
  /** The new paths of unreadable records that were moved aside. */
  unreadable: string[]
}

/**
 * Adds a song that the ledger does not contain, from its folder: from song.json, person.json and the stems that are there.
 * Without records it uses the upload and its tags. Throws a UserError if the upload is not a song.
 */
export async function recoverSong({
  db,
  folders,
  songId,
  defaultModel,
  maxSeconds,
}: {
  db: Database
  folders: Folders
  songId: number
  /** The model for a song without a readable song.json. */
  defaultModel: InstalledModel
  maxSeconds: number
}): Promise<Recovered> {
  const unreadable: string[] = []
  const moveAsideIfUnreadable = (path: string) => async (): Promise<null> => {
    unreadable.push(await moveUnreadableAside(path))
    return null
  }
  const [recordPath, personPath] = [songRecordPath(folders, songId), personRecordPath(folders, songId)]
  const record = await readJsonFile(recordPath, SongRecord).catch(moveAsideIfUnreadable(recordPath))
  const person = await readJsonFile(personPath, PersonRecord).catch(moveAsideIfUnreadable(personPath))
  const base = record
    ? { ...record, tracks: await assignTrackIds({ db, folders, songId, tracks: record.tracks }) }
    : await describeUpload({ db, folders, songId, defaultModel, maxSeconds })
  const idOf = (stem: string) => base.tracks.find((track) => track.stem === stem)?.id ?? []
  const decoded = await completeDecoding(folders, songId, record)
  const kept = person?.kept?.flatMap(idOf) ?? []
  const total = decoded && countSegments(base.plan.grid, decoded.samples)
  const blocks: RecoveredSong['blocks'][number][] = []
  for (let segment = 0; segment < (total ?? 0); segment++) {
    const song = { id: songId, plan: base.plan, tracks: base.tracks, samples: decoded?.samples ?? 0 }
    const wasSeparated = (record?.stemFiles.length ?? 0) > 0
    const sha256 = await hashOfValidBlock({ folders, song, segment, acceptsSilence: wasSeparated })
    if (sha256) blocks.push({ segment, sha256 })
  }
  const song: RecoveredSong = {
    id: songId,
    fileName: base.fileName,
    title: person?.title ?? base.title,
    band: person?.band ?? base.band,
    album: base.album,
    model: base.model,
    plan: base.plan,
    announcedSeconds: base.announcedSeconds,
    cover: existsSync(coverPath(folders, songId)) ? base.cover : null,
    soundTrack: base.track,
    addedAt: base.addedAt,
    tracks: base.tracks,
    kept: kept.length > 0 ? kept : null,
    isDeleted: typeof person?.deletedAt === 'number',
    isDecoded: decoded !== null,
    samples: decoded?.samples ?? 0,
    statistics: decoded?.level ?? null,
    warnings: decoded?.warnings ?? [],
    blocks,
    files: await recoveredFiles({ db, folders, songId, record, person, idOf, tracks: base.tracks }),
  }
  insertRecoveredSong(db, song)
  return {
    songId,
    title: song.title,
    band: song.band,
    blocks: blocks.length,
    ofBlocks: total,
    wasAsked: song.kept !== null,
    unreadable,
  }
}

/** Describes a song of which only the upload is left, as if it had just been uploaded. */
async function describeUpload({
  db,
  folders,
  songId,
  defaultModel,
  maxSeconds,
}: Parameters<typeof recoverSong>[0]): Promise<Omit<SongRecord, 'format' | 'id' | 'decoded' | 'stemFiles'>> {
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
  const wanted = plan.stems.map((stem, index) => ({ id: index + 1, stem }))
  return {
    fileName: '',
    title: titleOf({ id: songId, title: looked.title }),
    band: looked.band,
    album: looked.album,
    model: defaultModel.name,
    plan: { ...plan, stems: [...plan.stems] },
    tracks: await assignTrackIds({ db, folders, songId, tracks: wanted }),
    announcedSeconds: looked.announcedSeconds,
    cover: looked.cover,
    track: null,
    addedAt: Math.floor(mtimeMs),
  }
}

/** Gives tracks their former ids. If another song uses one of them, the track gets a new id and its files are renamed. */
async function assignTrackIds({
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

/** The `decoded` part of the record, if song.pcm is complete. */
async function completeDecoding(
  folders: Folders,
  songId: number,
  record: SongRecord | null,
): Promise<SongRecord['decoded']> {
  if (!record?.decoded) return null
  const pcm = await stat(pcmPath(folders, songId)).catch(() => null)
  return pcm?.size === record.decoded.samples * BYTES_PER_STEREO_SAMPLE ? record.decoded : null
}

async function recoveredFiles({
  db,
  folders,
  songId,
  record,
  person,
  idOf,
  tracks,
}: {
  db: Database
  folders: Folders
  songId: number
  record: SongRecord | null
  person: PersonRecord | null
  idOf(stem: string): number | never[]
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
  const mixes = (person?.mixes ?? []).map(({ id, kept, gains }) => {
    const byTrack = Object.entries(gains).flatMap(([stem, decibels]) => {
      const trackId = idOf(stem)
      return typeof trackId === 'number' ? [[trackId, decibels] as const] : []
    })
    return { formerId: id, id: reserveId(id), tracks: kept.flatMap(idOf), gains: Object.fromEntries(byTrack) }
  })
  for (const { formerId, id } of [...mixes].reverse()) {
    const from = mixPath(folders, { songId, fileId: formerId })
    if (formerId !== id && existsSync(from)) await rename(from, mixPath(folders, { songId, fileId: id }))
  }
  return [...stems, ...mixes.filter((mix) => mix.tracks.length > 0).map(({ formerId: _formerId, ...mix }) => mix)]
}
