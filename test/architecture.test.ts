import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ROOMS = ['receive', 'dispatch', 'separate', 'assemble', 'listen']
const TOOLS = ['audio', 'broker', 'models', 'store']
const LONGEST_FILE_LINES = 250

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

describe('the arrows of the architecture', () => {
  const imports = importsBelow('src')

  test('song stands on nothing', () => {
    const wrong = imports.filter(({ from, to }) => roomOf(from) === 'song' && roomOf(to) !== 'song')
    assert.deepEqual(wrong, [])
  })

  test('tools stand on song only, never on each other', () => {
    const wrong = imports.filter(({ from, to }) => {
      return TOOLS.includes(roomOf(from)) && ![roomOf(from), 'song'].includes(roomOf(to))
    })
    assert.deepEqual(wrong, [])
  })

  test('rooms never import rooms, nor what calls them', () => {
    const wrong = imports.filter(({ from, to }) => {
      return ROOMS.includes(roomOf(from)) && ![roomOf(from), 'song', 'log.ts', ...TOOLS].includes(roomOf(to))
    })
    assert.deepEqual(wrong, [])
  })

  test('the server puts rooms together and knows nothing of the command line', () => {
    const wrong = imports.filter(({ from, to }) => roomOf(from) === 'server' && roomOf(to) === 'commands')
    assert.deepEqual(wrong, [])
  })

  test('the settings are read by commands and the server only', () => {
    const wrong = imports.filter(({ from, to }) => {
      return roomOf(to) === 'config.ts' && !['commands', 'server'].includes(roomOf(from))
    })
    assert.deepEqual(wrong, [])
  })

  test('each foreign library has one door', () => {
    const doors: Record<string, RegExp> = {
      'node-av': /^src\/audio\/(open|decode|encode|tags\/read-tags)/,
      'node:sqlite': /^src\/store\/(database|ledger-check|folder-lock)\.ts$/,
      fastify: /^src\/listen\//,
      'onnxruntime-node': /^src\/separate\/(session|spectrogram-mask)\.ts$/,
    }
    for (const path of sourcesBelow('src')) {
      const text = readFileSync(join(ROOT, path), 'utf8')
      for (const [library, door] of Object.entries(doors)) {
        const isImported = new RegExp(`from '${library}[/']|import\\('${library}`).test(text)
        assert.ok(!isImported || door.test(path), `${path} imports ${library}`)
      }
    }
  })

  test('text reaches a terminal through two files alone', () => {
    const doors = ['src/commands/terminal.ts', 'src/log.ts', 'src/audio/media/media-child.ts']
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

  test('no file is longer than what one reads at once', () => {
    for (const path of [...sourcesBelow('src'), ...sourcesBelow('web')]) {
      const lines = readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1
      assert.ok(lines <= LONGEST_FILE_LINES, `${path} has ${lines} lines`)
    }
  })
})
