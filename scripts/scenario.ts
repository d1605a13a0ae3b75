import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from '../src/audio/media.ts'
import { samplesOf } from '../src/song/pcm.ts'
import { EIGHT_JOBS_SECONDS, JOB_SAMPLES, runSong, separateAlone } from '../test/support/scenario.ts'
import { makeSong, wavOf } from '../test/support/songs.ts'

/*
 * The scenario of the original assignment: eight workers on RabbitMQ, a song of eight jobs, and one worker that is killed
 * during its job. The first free worker does that job again. Prints the log, and whether the stems equal those of an
 * undisturbed run, sample for sample.
 *
 *     npm run scenario [-- a-song.mp3]
 */
const REAL_SONG = '/usr/share/games/fretsonfire/data/songs/muldjord/internal_degeneration/song.ogg'

const given = process.argv[2] ?? (existsSync(REAL_SONG) ? REAL_SONG : null)
const folder = await mkdtemp(join(tmpdir(), 'minus-one-scenario-'))
try {
  const song = given ? await beginningOf(given) : makeSong(EIGHT_JOBS_SECONDS)
  const path = join(folder, 'song.wav')
  await writeFile(path, wavOf(song))
  console.log(
    `Song: ${given ?? 'a made one (install fretsonfire-songs-muldjord, or name a song, for a real one)'}, 8 jobs.\n`,
  )
  const run = await runSong({ song: wavOf(song), broker: 'rabbitmq', healthy: 7, unhealthy: 1 })
  console.log(run.log)
  const undisturbed = await separateAlone(path, folder)
  const isSame = [...undisturbed].every(([stem, samples]) => run.stems.get(stem)?.equals(samples))
  console.log(`\nAgainst an undisturbed run: ${isSame ? 'the same, sample for sample.' : 'DIFFERENT.'}`)
  process.exitCode = isSame && run.redelivered > 0 ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** The beginning of a song, long enough for seven and a half jobs. */
async function beginningOf(file: string): Promise<Int16Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  const wanted = Math.floor(7.5 * JOB_SAMPLES) * 4
  for await (const chunk of decode({ path: file, maxSeconds: 36_000 }).pcm) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= wanted) break
  }
  if (bytes <= 7 * JOB_SAMPLES * 4) throw new Error(`${file} is too short: 27 seconds are needed for eight jobs.`)
  return samplesOf(Buffer.concat(chunks).subarray(0, wanted))
}
