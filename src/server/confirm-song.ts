import { redoJobs } from '../assemble/check-song.ts'
import { confirmInputs } from '../receive/input.ts'
import type { Song } from '../store/songs.ts'
import type { Announcer } from './announcer.ts'
import type { ServerState } from './server-state.ts'

/** What was separated from a jump into the file is done again where the song's own decoding gave other samples. */
export async function confirmSong({
  state: { db, folders, log },
  announcer,
  song,
}: {
  state: ServerState
  announcer: Announcer
  song: Song
}): Promise<void> {
  const others = await confirmInputs({ db, folders, song })
  const open = await redoJobs({ db, folders, jobs: others })
  if (open.length === 0) return
  log.info(
    { songId: song.id },
    `Server: Music[${song.id}] - ${open.length} jobs are done again: decoded from its beginning it sounds a little different.`,
  )
  for (const segment of open) announcer.segment(song.id, segment)
}
