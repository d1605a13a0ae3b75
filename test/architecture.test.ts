import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { allTests, groupOf, sourcesOf } from '../scripts/test-files.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STAGES = ['receive', 'dispatch', 'separate', 'assemble', 'transcribe', 'listen', 'remove']
/** Files that every stage and tool may use. */
const ROOT_FILES = ['log.ts', 'metrics.ts']
/** The folders that every other folder may use. */
const FLOOR = ['song', 'platform']
const TOOLS = ['audio', 'broker', 'lyrics', 'models', 'store', 'tasks']
/** The folders of the page's parts. Each uses the root of web/src and its server/, and none uses another. */
const PAGE_PARTS = ['library', 'lyrics', 'player', 'upload', 'machines']
/** The files that put the page's parts together. */
const PAGE_COMPOSITION = [
  'main.tsx',
  'words-of-song.tsx',
  'page.tsx',
  'top-bar.tsx',
  'practice-view.tsx',
  'apply-address.ts',
  'player-for-editor.ts',
  'words-editing.tsx',
  'edit-words.tsx',
]
/** The files of the server that the page takes types from. */
const PAGE_IMPORTS =
  /^import (type .*'(\.\.\/)+src\/listen\/(schemas|setlist-schemas|lyrics-schemas|events\/page-events)\.ts'|.*'(\.\.\/)+src\/song\/(sound-formats|song-title|restore-period|setlist-limits|practice-settings|lyrics)\.ts')$/
const MAX_FILE_LINES = 250
/** Files that start programs. */
const STARTERS = /test\/support\/(system|rabbitmq|activemq|nginx|browser|firefox|stempeg)\.ts$/

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

function sourcesBelow(folder: string, endings = /\.tsx?$/): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
}

const folderOf = (path: string): string => path.split('/')[1] ?? ''

describe('the source keeps the rules of the architecture', () => {
  const imports = importsBelow('src')

  test('src/song imports nothing from other folders of src', () => {
    const wrong = imports.filter(({ from, to }) => folderOf(from) === 'song' && folderOf(to) !== 'song')
    assert.deepEqual(wrong, [])
  })

  test('src/platform imports nothing from other folders of src but the errors (src/song/errors.ts)', () => {
    const wrong = imports.filter(({ from, to }) => {
      return folderOf(from) === 'platform' && folderOf(to) !== 'platform' && to !== 'src/song/errors.ts'
    })
    assert.deepEqual(wrong, [])
  })

  test('a tool (audio, broker, lyrics, models, store, tasks) imports src/song, src/platform and the log, but no other tool and no stage', () => {
    const wrong = imports.filter(({ from, to }) => {
      return TOOLS.includes(folderOf(from)) && ![folderOf(from), ...FLOOR, ...ROOT_FILES].includes(folderOf(to))
    })
    assert.deepEqual(wrong, [])
  })

  test('a stage (receive, dispatch, separate and the others) imports song, platform, tools, the log and the metrics, but no other stage', () => {
    const wrong = imports.filter(({ from, to }) => {
      return (
        STAGES.includes(folderOf(from)) && ![folderOf(from), ...FLOOR, ...ROOT_FILES, ...TOOLS].includes(folderOf(to))
      )
    })
    assert.deepEqual(wrong, [])
  })

  test('src/server and src/recover, which compose stages, import nothing from src/commands', () => {
    const wrong = imports.filter(({ from, to }) => {
      return ['server', 'recover'].includes(folderOf(from)) && folderOf(to) === 'commands'
    })
    assert.deepEqual(wrong, [])
  })

  test('only src/commands and src/server import the settings (src/config.ts)', () => {
    const wrong = imports.filter(({ from, to }) => {
      return folderOf(to) === 'config.ts' && !['commands', 'server'].includes(folderOf(from))
    })
    assert.deepEqual(wrong, [])
  })

  test('node-av, node:sqlite, fastify and onnxruntime-node are each imported by the files that wrap them alone', () => {
    const doors: Record<string, RegExp> = {
      'node-av': /^src\/audio\/(open|decode|encode|tags\/read-tags)/,
      'node:sqlite': /^src\/store\/(ledger\/(database|ledger-check)|data-folder\/folder-lock)\.ts$/,
      fastify: /^src\/listen\//,
      'onnxruntime-node': /^src\/separate\/onnx-network\.ts$/,
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
    const doors = ['src/commands/terminal.ts', 'src/log.ts', 'src/audio/media/media-child.ts']
    for (const path of sourcesBelow('src').filter((each) => !doors.includes(each))) {
      const text = readFileSync(join(ROOT, path), 'utf8')
      assert.doesNotMatch(text, /console\.|process\.(stdout|stderr)\.write|writeSync\(1/, path)
    }
  })

  test('the page imports nothing of the server but the types of its answers and events, the sound formats, the title of a song, its practice settings, its lyrics and how long it can be restored', () => {
    let imported = 0
    for (const path of sourcesBelow('web')) {
      const text = readFileSync(join(ROOT, path), 'utf8').replaceAll(/\{[^}]*\} from/g, '{} from')
      for (const [line] of text.matchAll(/^import .*'(\.\.\/)+src\/.*$/gm)) {
        assert.match(line, PAGE_IMPORTS, path)
        imported++
      }
    }
    assert.ok(imported >= 2, `${imported} imports were found`)
  })

  test('no part of the page imports another part, nor what puts them together', () => {
    const below = (path: string) => path.replace('web/src/', '')
    const partOf = (path: string) => below(path).split('/')[0] ?? ''
    const pageImports = importsBelow('web/src')
    assert.ok(pageImports.some(({ from, to }) => from === 'web/src/page.tsx' && partOf(to) === 'library'))
    const wrong = pageImports.filter(({ from, to }) => {
      if (PAGE_COMPOSITION.includes(below(from)) || partOf(from) === partOf(to)) return false
      return PAGE_PARTS.includes(partOf(to)) || PAGE_COMPOSITION.includes(below(to))
    })
    assert.deepEqual(wrong, [])
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
    for (const path of [...sourcesBelow('src'), ...sourcesBelow('web', /\.(tsx?|css)$/)]) {
      const lines = readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1
      assert.ok(lines <= MAX_FILE_LINES, `${path} has ${lines} lines`)
    }
  })
})
