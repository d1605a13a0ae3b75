import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { FAULT_MODEL, installFaultModel } from '../../faults/model.ts'
import { freePort } from '../../support/ports.ts'
import { uploadSlowly } from '../../support/slow-upload.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'
import { steadyTone } from './steady-tone.ts'

/*
 * Makes a data folder as a released version leaves it when it is killed, for the test that later versions go on from it:
 *
 *     node test/system/versions/make-data-folder.ts CHECKOUT NAME
 *
 * CHECKOUT is a checkout of that version with its dependencies installed; the result is test/system/versions/NAME.tar.xz. In it are a
 * song that is separated, with a mix and a name given by a person; one in the midst of its separation; one that nobody asked
 * for; one that was deleted a moment ago; and an upload that was still on its way.
 */
const [checkout = '.', name = 'data'] = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'minus-one-data-'))
const [data, models] = [join(folder, 'data'), join(folder, 'models')]
await installFaultModel(models)
const port = await freePort()
const launcher = join(resolve(checkout), 'bin', 'minus-one')
const server = spawn(process.execPath, [launcher, 'serve'], {
  stdio: 'inherit',
  env: {
    PATH: process.env['PATH'],
    XDG_CACHE_HOME: join(folder, 'cache'),
    DATA_DIR: data,
    MODELS_DIR: models,
    MODEL: FAULT_MODEL,
    PORT: String(port),
    WORKERS_HEALTHY: '1',
    BROKER_LISTEN: `127.0.0.1:${await freePort()}`,
  },
})
const url = `http://127.0.0.1:${port}`
const api = client(url)
await until('the server answers', () =>
  fetch(`${url}/healthz`).then(
    (answer) => answer.ok,
    () => false,
  ),
)
const [done, half, untouched, deleted] = [
  await api.upload(steadyTone(3, 100), 'Someone - Done.wav'),
  await api.upload(steadyTone(12, 150), 'half.wav'),
  await api.upload(steadyTone(2, 120), 'untouched.wav'),
  await api.upload(steadyTone(2, 140), 'deleted.wav'),
]
await api.keep(done.music_id, ['vocals', 'drums'])
await api.ready(done.music_id)
await api.json(`/music/${done.music_id}`, {
  method: 'PATCH',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'Tür ✓', band: 'A person' }),
})
await api.json(`/music/${deleted.music_id}`, { method: 'DELETE' })
void uploadSlowly(url, steadyTone(60, 130), { fileName: 'arriving.wav', arrival: randomUUID(), seconds: 60 }).catch(
  () => undefined,
)
await until('it is a song that is being uploaded', async () =>
  (await api.json<{ arrival: string | null }[]>('/music')).some(({ arrival }) => arrival !== null),
)
await api.keep(half.music_id, ['vocals'])
await until('half of it is separated', async () => (await api.progress(half.music_id)).chunks.done >= 8, {
  everyMs: 20,
})
server.kill('SIGKILL')
await once(server, 'exit')
execFileSync('tar', [
  '-C',
  data,
  '--sort=name',
  '--owner=0',
  '--group=0',
  '-cJf',
  `test/system/versions/${name}.tar.xz`,
  '.',
])
await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
console.log(
  `test/system/versions/${name}.tar.xz: songs ${[done, half, untouched, deleted].map(({ music_id }) => music_id).join(', ')}`,
)
process.exit(0)
