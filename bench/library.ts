import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseModel } from '../src/models/description.ts'
import { Database } from '../src/store/database.ts'
import { markFileReady, mixFile, stemFile } from '../src/store/files.ts'
import { addJobs, jobsOfSong, markStretchFinal } from '../src/store/jobs.ts'
import { ledgerPath, songFolder } from '../src/store/paths.ts'
import { finishDecoding, insertSong, keepTracks, markSeparated } from '../src/store/songs.ts'
import { openBrowser } from '../test/support/browser.ts'
import { startSystem } from '../test/support/system.ts'

/*
 * A page before a library of many songs that are done, in a real Chromium: until it is drawn, and what a letter in the
 * search costs. The songs are rows of a ledger, without sound. Prints; nothing here passes or fails.
 *
 *     npm run bench:library [-- SONGS]
 */
const SONGS = Number(process.argv[2] ?? 3_000)
const SEGMENTS = 24
const WORDS = ['Blue', 'Été', 'Night', 'River', 'Zoë', 'Ärger', 'Song', 'Love', 'Minor', 'Steps']

const folder = await mkdtemp(join(tmpdir(), 'minus-one-bench-library-'))
const browser = await openBrowser()
try {
  await fill()
  const system = await startSystem({ DATA_DIR: folder, WORKERS_HEALTHY: '0' })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const openedAt = performance.now()
    await page.goto(system.url)
    await page.getByPlaceholder(`Search ${SONGS} songs`).waitFor()
    console.log(`${SONGS} songs: on the page after ${seconds(openedAt)}`)
    for (const letters of ['z', 'zo', 'zoe 7']) {
      const typedAt = performance.now()
      await page.getByRole('searchbox').fill(letters)
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
      console.log(`'${letters}' in the search: drawn after ${seconds(typedAt)}`)
    }
    const bytes = await page.evaluate<number>('performance.memory.usedJSHeapSize')
    console.log(`memory of the page's script: ${(bytes / 1e6).toFixed(0)} MB`)
  } finally {
    await system.remove()
  }
} finally {
  await browser.close()
  await rm(folder, { recursive: true, force: true })
}

async function fill(): Promise<void> {
  const { id, grid, stems, rest } = parseModel(await readFile('models/four-stems/model.json', 'utf8'), 'four-stems')
  const db = new Database(ledgerPath({ root: folder }))
  const samples = SEGMENTS * grid.strideSamples
  for (let n = 1; n <= SONGS; n++) {
    const word = (seed: number) => WORDS[(n * seed) % WORDS.length] ?? ''
    const song = insertSong(db, {
      fileName: `${n}.mp3`,
      title: `${word(3)} ${word(7)} ${n}`,
      band: `The ${word(1)}`,
      album: '',
      model: 'four-stems',
      plan: { modelId: id, grid, stems: [...stems], rest, needsWholeSong: false },
      announcedSeconds: null,
      cover: null,
    })
    const kept = song.tracks.map((track) => track.id)
    keepTracks(db, { songId: song.id, kept })
    finishDecoding(db, { songId: song.id, samples, level: { mean: 0, deviation: 1 }, warnings: [] })
    addJobs(db, { songId: song.id, segments: SEGMENTS })
    for (const job of jobsOfSong(db, song.id)) markStretchFinal(db, { jobId: job.id, sha256: 'x' })
    db.change(`UPDATE jobs SET state = 'done', attempt = 1 WHERE song_id = ?`, song.id)
    markSeparated(db, song.id)
    // Hours ago: what was done within two minutes of the newest song is checked when a server starts.
    db.change('UPDATE songs SET separated_at = ? WHERE id = ?', n * 3_600_000, song.id)
    for (const trackId of kept) markFileReady(db, stemFile(db, { songId: song.id, trackId }).id)
    markFileReady(db, mixFile(db, { songId: song.id, mix: { kept, gains: {} } }).id)
    await mkdir(songFolder({ root: folder }, song.id), { recursive: true })
  }
  db.close()
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(2)} s`
}
