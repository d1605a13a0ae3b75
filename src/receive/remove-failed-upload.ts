import type { Log } from '../log.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Database } from '../store/ledger/database.ts'
import { isUploading } from '../store/queries/uploads.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { removeSongFolder } from '../store/song-files/song-folder.ts'
import { eraseSong } from '../store/transitions/songs.ts'

type Removal = {
  db: Database
  folders: Folders
  log: Log
  faults: FaultMonitor
  /** Stops the work on a song. Resolves when no task uses its files any more. */
  stopWork(songId: number): Promise<void>
}

export type FailedUpload = {
  /** The song that the progressive upload had become. It is removed only if it is still uploading. */
  early: number | null
  /** The song that was added at the end of the upload. */
  added: number | null
}

/** Removes the song of a failed upload in the background, so that the answer is not delayed. */
export function removeFailedUpload(removal: Removal, failed: FailedUpload): void {
  removal.faults
    .retry(() => removeSong(removal, failed))
    .catch((fault: unknown) =>
      removal.log.error({ err: fault }, 'Server: the files of a failed upload were not removed.'),
    )
}

async function removeSong({ db, folders, log, stopWork }: Removal, { early, added }: FailedUpload): Promise<void> {
  const songId = early !== null && isUploading(db, early) ? early : added
  if (songId === null || !eraseSong(db, songId)) return
  await stopWork(songId)
  await removeSongFolder(folders, songId)
  log.info({ songId }, `Server: Music[${songId}] - its upload failed, so it is removed.`)
}
