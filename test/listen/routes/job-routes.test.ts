import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { jobsOfSong } from '../../../src/store/queries/jobs.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatingSong } from '../../support/listen-songs.ts'

describe('The routes of jobs', () => {
  let listen: ListenApp

  before(async () => {
    listen = await openListenApp()
  })
  after(() => listen.close())

  test('GET /job lists all jobs, or those of one song', async () => {
    const ids = [separatingSong(listen.db), separatingSong(listen.db)].map(({ id }) =>
      jobsOfSong(listen.db, id).map((job) => job.id),
    )
    assert.deepEqual((await listen.app.inject('/job')).json(), ids.flat())
    assert.deepEqual((await listen.app.inject('/job?music_id=2')).json(), ids[1])
    assert.deepEqual((await listen.app.inject('/job?music_id=999')).json(), [])
    assert.equal((await listen.app.inject('/job?music_id=x')).statusCode, 400)
  })

  test('GET /job/{id} answers with one job', async () => {
    const song = separatingSong(listen.db)
    const [job] = jobsOfSong(listen.db, song.id)
    const answer = await listen.app.inject(`/job/${job?.id}`)
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(answer.json(), {
      job_id: job?.id,
      size: 40,
      time: 0,
      music_id: song.id,
      track_id: song.tracks.map(({ id }) => id),
      state: 'waiting',
      worker: null,
      attempt: 0,
      seconds: 0,
    })
  })

  test('GET /job/{id} answers 404 for an unknown job and for an id that is no number', async () => {
    assert.equal((await listen.app.inject('/job/999999')).json().code, 'job-not-found')
    assert.equal((await listen.app.inject('/job/x')).json().code, 'not-found')
  })
})
