import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { InstalledModel } from '../models/installed-models.ts'
import { BYTES_PER_STEREO_SAMPLE } from '../song/pcm.ts'
import { countSegments } from '../song/segment.ts'
import type { Database } from '../store/ledger/database.ts'
import type { Song } from '../store/queries/songs.ts'
import { moveUnreadableAside, readJsonFile } from '../store/records/json-file.ts'
import { insertRecoveredSong, type RecoveredSong } from '../store/records/recovered-song.ts'
import { PersonRecord, SongRecord } from '../store/records/song-record.ts'
import { coverPath, type Folders, pcmPath, personRecordPath, songRecordPath } from '../store/song-files/paths.ts'
import { hashOfValidBlock } from './check-song.ts'
import { describeUpload } from './describe-upload.ts'
import { assignTrackIds, recoverFiles, trackIdsOf } from './recovered-ids.ts'

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
  const { record, person, unreadable } = await readRecords(folders, songId)
  const base = record ?? (await describeUpload({ folders, songId, defaultModel, maxSeconds }))
  const { fileName, album, model, plan, announcedSeconds, addedAt } = base
  const tracks = await assignTrackIds({ db, folders, songId, tracks: base.tracks })
  const decoded = await completeDecoding(folders, songId, record)
  const samples = decoded?.samples ?? 0
  const wasSeparated = (record?.stemFiles.length ?? 0) > 0
  const blocks = await validBlocks({
    folders,
    song: { id: songId, plan, tracks, samples },
    acceptsSilence: wasSeparated,
  })
  const kept = trackIdsOf(tracks, person?.kept ?? [])
  const song: RecoveredSong = {
    id: songId,
    fileName,
    title: person?.title ?? base.title,
    band: person?.band ?? base.band,
    album,
    model,
    plan,
    announcedSeconds,
    cover: existsSync(coverPath(folders, songId)) ? base.cover : null,
    soundTrack: base.track,
    addedAt,
    tracks,
    kept: kept.length > 0 ? kept : null,
    practice: person?.practice ?? null,
    lyrics: person?.lyrics ?? null,
    isDeleted: typeof person?.deletedAt === 'number',
    isDecoded: decoded !== null,
    samples,
    statistics: decoded?.level ?? null,
    warnings: decoded?.warnings ?? [],
    blocks,
    files: await recoverFiles({ db, folders, songId, record, person, tracks }),
  }
  insertRecoveredSong(db, song)
  const ofBlocks = decoded && countSegments(plan.grid, samples)
  const { title, band } = song
  return { songId, title, band, blocks: blocks.length, ofBlocks, wasAsked: song.kept !== null, unreadable }
}

/** Reads song.json and person.json. Null for one that is missing, or unreadable and therefore moved aside. */
async function readRecords(
  folders: Folders,
  songId: number,
): Promise<{ record: SongRecord | null; person: PersonRecord | null; unreadable: string[] }> {
  const unreadable: string[] = []
  const moveAsideIfUnreadable = (path: string) => async (): Promise<null> => {
    unreadable.push(await moveUnreadableAside(path))
    return null
  }
  const [recordPath, personPath] = [songRecordPath(folders, songId), personRecordPath(folders, songId)]
  const record = await readJsonFile(recordPath, SongRecord).catch(moveAsideIfUnreadable(recordPath))
  const person = await readJsonFile(personPath, PersonRecord).catch(moveAsideIfUnreadable(personPath))
  return { record, person, unreadable }
}

/** The blocks whose stems on the disk add up to the decoded song. None if the song is not decoded. */
async function validBlocks({
  folders,
  song,
  acceptsSilence,
}: {
  folders: Folders
  song: Pick<Song, 'id' | 'plan' | 'tracks' | 'samples'>
  acceptsSilence: boolean
}): Promise<RecoveredSong['blocks']> {
  const blocks: { segment: number; sha256: string }[] = []
  for (let segment = 0; segment < countSegments(song.plan.grid, song.samples); segment++) {
    const sha256 = await hashOfValidBlock({ folders, song, segment, acceptsSilence })
    if (sha256) blocks.push({ segment, sha256 })
  }
  return blocks
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
