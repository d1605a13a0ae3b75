import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { parseModel } from '../../src/models/description.ts'
import { Database } from '../../src/store/ledger/database.ts'
import { jobsOfSong } from '../../src/store/queries/jobs.ts'
import { ledgerPath, originalPath, songFolder } from '../../src/store/song-files/paths.ts'
import { markFileReady, mixFile, stemFile } from '../../src/store/tables/files.ts'
import { addJobs, markBlockFinal } from '../../src/store/transitions/jobs.ts'
import { addSong, finishDecoding, finishSeparation, requestMix } from '../../src/store/transitions/songs.ts'

/** Fills the ledger of a data folder with finished songs, as rows without sound. Their ids count from 1. */
export async function fillLibrary({
  folder,
  songs,
  segments,
  namesOf,
}: {
  folder: string
  songs: number
  segments: number
  namesOf(song: number): { title: string; band: string }
}): Promise<void> {
  const { id, grid, stems, rest } = parseModel(await readFile('models/four-stems/model.json', 'utf8'), 'four-stems')
  const db = new Database(ledgerPath({ root: folder }))
  for (let number = 1; number <= songs; number++) {
    const song = addSong(db, {
      fileName: `${number}.mp3`,
      ...namesOf(number),
      album: '',
      model: 'four-stems',
      plan: { modelId: id, grid, stems: [...stems], rest, needsWholeSong: false },
      announcedSeconds: null,
      cover: null,
    })
    const trackIds = song.tracks.map((track) => track.id)
    const samples = segments * grid.strideSamples
    requestMix(db, { songId: song.id, tracks: trackIds })
    db.transaction(() => {
      finishDecoding(db, { songId: song.id, samples, statistics: { mean: 0, deviation: 1 }, warnings: [] })
      addJobs(db, { songId: song.id, segments })
      for (const job of jobsOfSong(db, song.id)) markBlockFinal(db, { jobId: job.id, sha256: 'x' })
      db.change(`UPDATE jobs SET state = 'done', attempt = 1 WHERE song_id = ?`, song.id)
      finishSeparation(db, song.id)
      // Hours ago, because a starting server checks all songs that were finished within two minutes of the newest.
      db.change('UPDATE songs SET separated_at = ? WHERE id = ?', number * 3_600_000, song.id)
      for (const trackId of trackIds) markFileReady(db, stemFile(db, { songId: song.id, trackId }))
      markFileReady(db, mixFile(db, { songId: song.id, mix: { tracks: trackIds, gains: {} } }))
    })
    await mkdir(songFolder({ root: folder }, song.id), { recursive: true })
    await writeFile(originalPath({ root: folder }, song.id), '')
  }
  db.close()
}
