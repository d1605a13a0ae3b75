import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import {
  ATTEMPT_TRANSITIONS,
  DECODING_TRANSITIONS,
  JOB_TRANSITIONS,
  PRESENCE_TRANSITIONS,
  SONG_TRANSITIONS,
  type Transition,
  UPLOAD_TRANSITIONS,
} from '../../src/song/lifecycle.ts'

/** Causes that are a case of the function before them in the table, told by the row's other columns. */
const CASES = ['addUploadingSong', 'addDecodedSong', 'addDeletedSong']

const ARCHITECTURE = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8')

const LIFECYCLES: { title: string; transitions: Readonly<Record<string, Transition<string>>> }[] = [
  { title: 'A song', transitions: SONG_TRANSITIONS },
  { title: "A song's file", transitions: UPLOAD_TRANSITIONS },
  { title: "A song's sound", transitions: DECODING_TRANSITIONS },
  { title: "A song's place in the library", transitions: PRESENCE_TRANSITIONS },
  { title: 'A job', transitions: JOB_TRANSITIONS },
  { title: 'An attempt', transitions: ATTEMPT_TRANSITIONS },
]

/** The arrows of the Mermaid state diagram below a heading of ARCHITECTURE.md, as "from --> to: cause". */
function drawnArrows(title: string): string[] {
  const [, diagram = ''] =
    new RegExp(`\\*\\*${title}\\*\\*[^\`]*\`\`\`mermaid\\nstateDiagram-v2\\n([^\`]*)\`\`\``).exec(ARCHITECTURE) ?? []
  return diagram
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes('-->'))
    .sort()
}

/** The same arrows from a table. Permitted causes that leave the state as it is are not drawn. */
function permittedArrows(transitions: Readonly<Record<string, Transition<string>>>): string[] {
  return Object.entries(transitions)
    .flatMap(([cause, { from, to }]) =>
      from.filter((state) => state !== to).map((state) => `${state ?? '[*]'} --> ${to}: ${cause}`),
    )
    .sort()
}

describe('the lifecycles', () => {
  for (const { title, transitions } of LIFECYCLES) {
    test(`${title.toLowerCase()} is drawn in ARCHITECTURE.md with exactly the transitions that are permitted`, () => {
      assert.deepEqual(drawnArrows(title), permittedArrows(transitions))
    })
  }

  test('every transition is carried out by a function, or by a cause within one, that bears its name', () => {
    const writers = ['songs', 'jobs', 'attempts'].map((table) =>
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
