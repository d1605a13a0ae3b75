import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import {
  ATTEMPT_TRANSITIONS,
  DECODING_TRANSITIONS,
  JOB_TRANSITIONS,
  LISTING_TRANSITIONS,
  SONG_TRANSITIONS,
  type Transition,
  UPLOAD_TRANSITIONS,
} from '../../src/song/lifecycle.ts'

/** Causes without a function of their own: each is a case of the cause before it in its table. */
const CASES = ['addUploadingSong', 'addDecodedSong', 'addDeletedSong']

const ARCHITECTURE = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8')

const LIFECYCLES: { title: string; transitions: Readonly<Record<string, Transition<string>>> }[] = [
  { title: 'A song', transitions: SONG_TRANSITIONS },
  { title: "A song's file", transitions: UPLOAD_TRANSITIONS },
  { title: "A song's sound", transitions: DECODING_TRANSITIONS },
  { title: "A song's place in the library", transitions: LISTING_TRANSITIONS },
  { title: 'A job', transitions: JOB_TRANSITIONS },
  { title: 'An attempt', transitions: ATTEMPT_TRANSITIONS },
]

/** Reads the arrows of the Mermaid state diagram below a heading of ARCHITECTURE.md, as "from --> to: cause". */
function drawnArrows(title: string): string[] {
  const [, diagram = ''] =
    new RegExp(`\\*\\*${title}\\*\\*[^\`]*\`\`\`mermaid\\nstateDiagram-v2\\n([^\`]*)\`\`\``).exec(ARCHITECTURE) ?? []
  return diagram
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes('-->'))
    .sort()
}

/** Lists the arrows of a table. Causes that do not change the state are not drawn. */
function permittedArrows(transitions: Readonly<Record<string, Transition<string>>>): string[] {
  return Object.entries(transitions)
    .flatMap(([cause, { from, to }]) =>
      from.filter((state) => state !== to).map((state) => `${state ?? '[*]'} --> ${to}: ${cause}`),
    )
    .sort()
}

describe('the lifecycles', () => {
  for (const { title, transitions } of LIFECYCLES) {
    test(`the diagram of ${title.toLowerCase()} in ARCHITECTURE.md has exactly the permitted transitions`, () => {
      assert.deepEqual(drawnArrows(title), permittedArrows(transitions))
    })
  }

  test('every transition is named in a function of store/transitions/', () => {
    const writers = ['songs', 'jobs', 'lyrics-jobs', 'attempts'].map((table) =>
      readFileSync(new URL(`../../src/store/transitions/${table}.ts`, import.meta.url), 'utf8'),
    )
    for (const { transitions } of LIFECYCLES) {
      for (const cause of Object.keys(transitions).filter((each) => !CASES.includes(each))) {
        assert.ok(
          writers.some((text) => new RegExp(`TRANSITIONS\\.${cause}\\b|'${cause}'|function ${cause}\\b`).test(text)),
          `${cause} is used by no function of store/transitions/`,
        )
      }
    }
  })
})
