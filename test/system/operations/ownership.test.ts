import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Health, Music } from '../../../src/listen/schemas.ts'
import { freePort } from '../../support/ports.ts'
import { uploadSlowly } from '../../support/slow-upload.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, filesBelow, type System, startProcess, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minus-one-ownership-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/**
 * Starts a server that must refuse to start. Resolves to its output and exit code.
 * @param before a command that starts it
 */
async function refusal(
  dataFolder: string,
  settings: Record<string, string> = {},
  before: readonly string[] = [],
): Promise<{ code: number | null; said: string }> {
  const port = String(await freePort())
  const server = startProcess(
    ['serve'],
    { DATA_DIR: dataFolder, PORT: port, WORKERS_HEALTHY: '0', ...settings },
    before,
  )
  const late = setTimeout(() => server.child.kill('SIGKILL'), 20_000)
  const code = await server.ended
  clearTimeout(late)
  return { code, said: server.log() }
}

/** Every file and folder below a folder, with its content. */
async function snapshot(root: string): Promise<Map<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const contents = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name)
    return [path, entry.isFile() ? (await readFile(path)).toString('base64') : ''] as const
  })
  return new Map(await Promise.all(contents))
}

describe('Folders that hold files of somebody else', () => {
  const FOLDERS: Record<string, Record<string, string>> = {
    'songs of their own': { 'songs/Abba/Waterloo.mp3': 'mine', 'songs/12/notes.txt': 'mine' },
    'a folder called incoming': { 'incoming/letter.txt': 'mine' },
    'a thesis': { 'thesis.tex': 'mine', '.git/config': 'mine' },
    'songs, and a database of another program': { 'songs/x.mp3': 'mine', 'ledger.sqlite': 'no database at all' },
    'an empty file called ledger.sqlite, and a thesis': { 'ledger.sqlite': '', 'thesis.tex': 'mine' },
    'an incoming with a name like an upload': { 'incoming/0b0e1a2c-1111-2222-3333-444455556666': 'mine' },
  }
  for (const [what, files] of Object.entries(FOLDERS)) {
    test(`A DATA_DIR with foreign files is refused with its reason and left as it is: ${what}`, async () => {
      const root = join(folder, what.replaceAll(/\W/g, '-'))
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(root, name)), { recursive: true })
        await writeFile(join(root, name), text)
      }
      const before = await snapshot(root)
      const { code, said } = await refusal(root)
      assert.equal(code, 2)
      assert.match(said, /holds files that are not Minus One's .*Nothing was touched.*Set DATA_DIR to an empty folder/s)
      assert.doesNotMatch(said, /at .*\.ts:\d+/, 'no stack')
      assert.deepEqual(await snapshot(root), before)
    })
  }

  test('A DATA_DIR with the database of another program is refused and left without a trace', async () => {
    const root = join(folder, 'other-database')
    await mkdir(root)
    const other = new DatabaseSync(join(root, 'ledger.sqlite'))
    other.exec('PRAGMA journal_mode = WAL; CREATE TABLE invoices (id INTEGER); INSERT INTO invoices VALUES (1)')
    other.close()
    const before = await snapshot(root)
    const { code, said } = await refusal(root)
    assert.deepEqual([code, /holds files that are not/.test(said)], [2, true], said)
    assert.deepEqual(await snapshot(root), before)
  })

  test('Foreign files below DATA_DIR are never removed', async () => {
    const system = await startSystem({ WORKERS_HEALTHY: '0' })
    try {
      const { music_id: id } = await client(system.url).upload(wavOf(makeSong(1)))
      const own = ['mine.txt', 'incoming/mine.txt', 'songs/mine/a.mp3', 'songs/007/a.mp3', `songs/${id}/lyrics.txt`]
      for (const name of own) {
        await mkdir(dirname(join(system.folder, name)), { recursive: true })
        await writeFile(join(system.folder, name), 'mine')
      }
      await system.restart()
      await client(system.url).json('/reset', { method: 'POST' })
      const left = (await filesBelow(system.folder)).map((path) => path.slice(system.folder.length + 1))
      for (const name of own.slice(0, 4)) assert.ok(left.includes(name), name)
      const moved = left.find((name) => /^lost\+found\/song-\d+-\d+\/lyrics\.txt$/.test(name)) ?? ''
      assert.ok(moved, left.join())
      const note = await readFile(join(system.folder, `${dirname(moved)}.txt`), 'utf8')
      assert.match(note, new RegExp(`were in songs/${id}`))
    } finally {
      await system.remove()
    }
  })

  test('A song that the ledger knows stays, even with the mark of an unfinished removal', async () => {
    const system = await startSystem({ WORKERS_HEALTHY: '0' })
    try {
      const { music_id: id } = await client(system.url).upload(wavOf(makeSong(1)))
      for (const mark of ['erased', 'arriving']) await writeFile(join(system.folder, 'songs', String(id), mark), '')
      await system.restart()
      assert.deepEqual(
        (await client(system.url).json<Music[]>('/music')).map(({ music_id }) => music_id),
        [id],
      )
      await system.restart()
      assert.ok((await fetch(`${system.url}/music/${id}/original`)).ok)
    } finally {
      await system.remove()
    }
  })

  test('An unknown empty song folder is removed, an unknown one with a file stays', async () => {
    const system = await startSystem({ WORKERS_HEALTHY: '0' })
    try {
      for (const id of ['7', '8']) await mkdir(join(system.folder, 'songs', id))
      await writeFile(join(system.folder, 'songs', '8', 'notes.txt'), 'mine')
      await system.restart()
      assert.deepEqual(await readdir(join(system.folder, 'songs')), ['8'])
      const added = await client(system.url).upload(wavOf(makeSong(1, 1)))
      assert.equal(added.music_id, 9, 'no song gets the number of a folder that is there')
    } finally {
      await system.remove()
    }
  })

  test('A server whose lock file is removed stops', async () => {
    const system = await startSystem({ WORKERS_HEALTHY: '0' })
    try {
      await rm(join(system.folder, 'lock.sqlite'))
      await until('it is told', async () => {
        const health = (await (await fetch(`${system.url}/healthz`)).json()) as Health
        return !health.ok && /is gone or was replaced/.test(health.reasons.join())
      })
      const upload = await fetch(`${system.url}/music`, { method: 'POST', body: new Uint8Array(wavOf(makeSong(1))) })
      assert.equal(upload.status, 503)
    } finally {
      await system.remove()
    }
  })

  test('A DATA_DIR that is a file, or cannot be written, is refused with its reason', async () => {
    const file = join(folder, 'a-file')
    await writeFile(file, 'x')
    for (const path of [file, join(file, 'below')]) {
      const { code, said } = await refusal(path)
      assert.deepEqual([code, /is a file, or is inside one\. Set DATA_DIR/.test(said)], [2, true], said)
    }
    const root = join(folder, 'read-only')
    await mkdir(root)
    // In a mount namespace that ends with the process.
    const mounted = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"', root]
    for (const path of [root, join(root, 'below')]) {
      const { code, said } = await refusal(path, {}, mounted)
      assert.deepEqual(
        [code, /DATA_DIR: .* cannot be used: it cannot be written .*Set DATA_DIR/.test(said)],
        [2, true],
        said,
      )
      assert.doesNotMatch(said, /at .*\.ts:\d+/)
    }
  })
})

describe('Folders that a server takes as DATA_DIR', () => {
  for (const [what, names] of Object.entries({
    'with nothing in it': [],
    'that is the root of a file system': ['lost+found'],
  })) {
    test(`A DATA_DIR ${what} is taken and marked`, async () => {
      const root = join(folder, `new ${names.length}`)
      await mkdir(root)
      for (const name of names) await mkdir(join(root, name))
      const system = await startSystem({ WORKERS_HEALTHY: '0', DATA_DIR: root })
      const marker = JSON.parse(await readFile(join(root, 'minus-one.json'), 'utf8')) as { id: string; format: number }
      assert.deepEqual([marker.format, /^\w{12}$/.test(marker.id)], [1, true])
      await system.remove()
    })
  }

  test('A DATA_DIR marked by a newer version is refused and left alone', async () => {
    const root = join(folder, 'newer')
    await mkdir(root)
    await writeFile(join(root, 'minus-one.json'), JSON.stringify({ format: 2, id: 'abc' }))
    const { said } = await refusal(root)
    assert.match(said, /has format 2, but this program supports only 1\. Use a newer Minus One/)
    assert.deepEqual(await readdir(root), ['minus-one.json'])
  })
})

describe('A second server on the same DATA_DIR', () => {
  let first: System
  before(async () => {
    first = await startSystem({ WORKERS_HEALTHY: '1' })
  })
  after(() => first.remove())

  for (const [what, hasSamePort] of [
    ['with the same port', true],
    ['with other ports', false],
  ] as const) {
    test(`A second server ${what} ends before it changes anything, and the first one goes on`, async () => {
      const port = new URL(first.url).port
      const upload = uploadSlowly(first.url, wavOf(makeSong(30)), {
        fileName: `${what}.wav`,
        arrival: what,
        seconds: 4,
      })
      const early = await until('a part of it is a song', async () => {
        return (await client(first.url).json<Music[]>('/music')).find(({ arrival }) => arrival === what)
      })
      const second = await refusal(first.folder, hasSamePort ? { PORT: port } : {})
      assert.equal(second.code, 1)
      assert.match(
        second.said,
        new RegExp(`is in use by minus-one serve at 127.0.0.1:${port}, process ${first.child.pid} on `),
      )
      const whole = await upload
      assert.equal(whole.music_id, early.music_id)
      await client(first.url).keep(whole.music_id, ['vocals'])
      await client(first.url).ready(whole.music_id)
    })
  }

  test('Doctor, backup and recover say which server has the DATA_DIR', async () => {
    const words = new RegExp(`in use by minus-one serve at .*process ${first.child.pid} `)
    const run = async (...args: string[]) => {
      const process_ = startProcess(args, { DATA_DIR: first.folder })
      return { code: await process_.ended, said: process_.log() }
    }
    assert.match((await run('doctor')).said, words)
    const backup = await run('backup', join(folder, 'backup'))
    assert.deepEqual([backup.code, words.test(backup.said)], [0, true], backup.said)
    const recover = await run('recover')
    assert.deepEqual([recover.code, words.test(recover.said)], [1, true], recover.said)
  })

  test('A second server starts as soon as the first one is killed', async () => {
    const next = startProcess(['serve'], {
      DATA_DIR: first.folder,
      PORT: String(await freePort()),
      WORKERS_HEALTHY: '0',
    })
    assert.equal(await next.ended, 1)
    await first.restart()
    assert.ok((await client(first.url).json<Music[]>('/music')).length > 0)
  })

  test('A server whose port is taken has written nothing but the lock', async () => {
    const root = join(folder, 'port-taken')
    const { code, said } = await refusal(root, { PORT: new URL(first.url).port })
    assert.deepEqual([code, /PORT: .* is taken/.test(said)], [2, true], said)
    assert.deepEqual(await readdir(root), ['lock.sqlite'])
  })
})

test('A server answers 503 with Retry-After until its ledger is checked', async () => {
  const root = join(folder, 'large')
  const system = await startSystem({ WORKERS_HEALTHY: '0', DATA_DIR: root })
  await system.stop()
  const ledger = new DatabaseSync(join(root, 'ledger.sqlite'))
  ledger.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
    INSERT INTO meta SELECT 'filler ' || i, hex(randomblob(200)) FROM n`)
  ledger.close()
  const port = String(await freePort())
  const server = startProcess(['serve'], { DATA_DIR: root, PORT: port, WORKERS_HEALTHY: '0' })
  const url = `http://127.0.0.1:${port}`
  try {
    const answers: { status: number; retryAfter: string | null; health: Health & { code?: string } }[] = []
    await until(
      'it is well',
      async () => {
        const answer = await fetch(`${url}/healthz`).catch(() => null)
        if (!answer) return false
        answers.push({
          status: answer.status,
          retryAfter: answer.headers.get('retry-after'),
          health: (await answer.json()) as Health & { code?: string },
        })
        return answer.ok
      },
      { everyMs: 5 },
    )
    const starting = answers.filter(({ health }) => health.code === 'starting')
    assert.ok(starting.length > 0, 'it answered while it checked')
    for (const { status, retryAfter, health } of starting)
      assert.deepEqual([status, retryAfter, health.ok], [503, '1', false])
  } finally {
    await server.stop()
    await sleep(0)
  }
})

test('Only these source files remove files below DATA_DIR', async () => {
  // Code that removes files below DATA_DIR must know that they are ours, as src/store/song-files/song-folder.ts does.
  const removers = execFileSync('grep', ['-rlE', '\\b(rm|rmSync|rmdir|unlink|unlinkSync)\\(', 'src'], {
    cwd: new URL('../../../', import.meta.url),
    encoding: 'utf8',
  })
  const belowData = removers
    .split('\n')
    .filter((path) => /^src\/(server|listen|receive|dispatch|assemble|remove|recover|store)\//.test(path))
    .sort()
  assert.deepEqual(belowData, [
    'src/assemble/blocks.ts', // spent results
    'src/assemble/render-mix.ts', // its own unfinished file
    'src/dispatch/commit-result.ts', // a result that came too late
    'src/dispatch/save-result.ts', // its own unfinished file
    'src/receive/save-upload.ts', // its own unfinished file
    'src/recover/lost-setlists.ts',
    'src/recover/open-ledger.ts', // uploads that a kill cut off
    'src/store/data-folder/fault-monitor.ts', // unfinished files, as soon as they can be
    'src/store/data-folder/reserve.ts', // the room that is kept
    'src/store/records/json-file.ts', // its own unfinished file
    'src/store/song-files/incoming.ts', // its own unfinished file
    'src/store/song-files/song-folder.ts',
  ])
})
