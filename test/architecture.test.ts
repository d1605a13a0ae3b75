import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { allTests, groupOf, sourcesOf } from '../scripts/test-files.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ROOMS = ['receive', 'dispatch', 'separate', 'assemble', 'listen', 'remove', 'recover']
const TOOLS = ['audio', 'broker', 'models', 'store', 'work']
const LONGEST_FILE_LINES = 250
/** Files that start programs. */
const STARTERS = /test\/support\/(system|rabbitmq|activemq|nginx|browser|stempeg)\.ts$/

type Import = { from: string; to: string }

/** Every import of one file of ours by another, as paths from the root. */
function importsBelow(folder: string): Import[] {
  return sourcesBelow(folder).flatMap((from) => {
    const text = readFileSync(join(ROOT, from), 'utf8')
    return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path = '']) => {
      return { from, to: relative(ROOT, join(ROOT, dirname(from), path)) }
    })
  })
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
}

const roomOf = (path: string): string => path.split('/')[1] ?? ''

describe('the source keeps the rules of the architecture', () => {
  const imports = importsBelow('src')

  test('src/song imports nothing from other folders of src', () => {
    const wrong = imports.filter(({ from, to }) => roomOf(from) === 'song' && roomOf(to) !== 'song')
    assert.deepEqual(wrong, [])
  })

  test('a tool (audio, broker, models, store, work) imports src/song, but no other tool and no room', () => {
    const wrong = imports.filter(({ from, to }) => {
      return TOOLS.includes(roomOf(from)) && ![roomOf(from), 'song'].includes(roomOf(to))
    })
    assert.deepEqual(wrong, [])
  })

  test('a room (receive, dispatch, separate and the others) imports song, tools and the log, but no other room', () => {
    const wrong = imports.filter(({ from, to }) => {
      return ROOMS.includes(roomOf(from)) && ![roomOf(from), 'song', 'log.ts', ...TOOLS].includes(roomOf(to))
    })
    assert.deepEqual(wrong, [])
  })

  test('src/server imports nothing from src/commands', () => {
    const wrong = imports.filter(({ from, to }) => roomOf(from) === 'server' && roomOf(to) === 'commands')
    assert.deepEqual(wrong, [])
  })

  test('only src/commands and src/server import the settings (src/config.ts)', () => {
    const wrong = imports.filter(({ from, to }) => {
      return roomOf(to) === 'config.ts' && !['commands', 'server'].includes(roomOf(from))
    })
    assert.deepEqual(wrong, [])
  })

  test('node-av, node:sqlite, fastify and onnxruntime-node are each imported by the files that wrap them alone', () => {
    const doors: Record<string, RegExp> = {
      'node-av': /^src\/audio\/(media-|channel-layout|resample)/,
      'node:sqlite': /^src\/store\/(database|ledger-check|folder-lock)\.ts$/,
      fastify: /^src\/listen\//,
      'onnxruntime-node': /^src\/separate\/session\.ts$/,
    }
    for (const path of sourcesBelow('src')) {
      const text = readFileSync(join(ROOT, path), 'utf8')
      for (const [library, door] of Object.entries(doors)) {
        const isImported = new RegExp(`from '${library}[/']|import\\('${library}`).test(text)
        assert.ok(!isImported || door.test(path), `${path} imports ${library}`)
      }
    }
  })

  test('only the terminal and the log write to standard output and error', () => {
    const doors = ['src/commands/terminal.ts', 'src/log.ts']
    for (const path of sourcesBelow('src').filter((each) => !doors.includes(each))) {
      const text = readFileSync(join(ROOT, path), 'utf8')
      assert.doesNotMatch(text, /console\.|process\.(stdout|stderr)\.write|writeSync\(1/, path)
    }
  })

  test('the page imports nothing of the server but types', () => {
    for (const path of sourcesBelow('web')) {
      const text = readFileSync(join(ROOT, path), 'utf8')
      for (const [line] of text.matchAll(/^import .*'\.\.\/\.\.\/src\/.*$/gm)) assert.match(line, /^import type /, path)
    }
  })

  test('a unit test starts no programs: others end in .system.test.ts or .alone.test.ts, or stand in test/system', () => {
    for (const test of allTests().filter((each) => groupOf(each) === 'unit')) {
      for (const [path, source] of sourcesOf([test])) {
        const startsPrograms = STARTERS.test(path) || /^import .* from 'node:child_process'/m.test(source)
        assert.ok(!startsPrograms, `${test} starts programs through ${path}`)
      }
    }
  })

  test('no file of src or web has more than 250 lines', () => {
    for (const path of [...sourcesBelow('src'), ...sourcesBelow('web')]) {
      const lines = readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1
      assert.ok(lines <= LONGEST_FILE_LINES, `${path} has ${lines} lines`)
    }
  })
})
