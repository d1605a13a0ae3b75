import type { run } from 'node:test'
import { inspect } from 'node:util'

type Events = ReturnType<typeof run>

/** What became of a group of test files. */
export type Report = {
  tests: number
  failures: { name: string; file: string; error: string }[]
  files: { file: string; seconds: number }[]
  /** By file: what its tests say with `context.diagnostic`. */
  diagnostics: Map<string, string>
  /** By file: the end of what it wrote to its standard output and error. */
  printed: Map<string, string>
}

const SLOWEST_FILES = 10
const MAX_PRINTED_CHARACTERS = 8_000

/** Prints a line for each file as it ends, and gathers everything else. */
export async function report(events: Events): Promise<Report> {
  const found: Report = { tests: 0, failures: [], files: [], diagnostics: new Map(), printed: new Map() }
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') append(found.printed, testFileOf(data), data.message)
    else if (type === 'test:diagnostic' && data.file) append(found.diagnostics, testFileOf(data), `${data.message}\n`)
    else if (type === 'test:summary' && data.file === undefined) found.tests = data.counts.tests
    else if (type === 'test:complete' && data.nesting === 0 && data.name === data.file) {
      const file = { file: data.name, seconds: data.details.duration_ms / 1000 }
      found.files.push(file)
      console.log(`${data.details.passed ? '✔' : '✖'} ${lineOf(file)}`)
    } else if (type === 'test:fail') {
      const { error } = data.details
      // A file or a suite fails with its tests, which tell why.
      if ('failureType' in error && error.failureType === 'subtestsFailed') continue
      found.failures.push({ name: data.name, file: testFileOf(data), error: inspect(error.cause ?? error) })
    }
  }
  return found
}

/** Prints what tests say, the slowest files, the failures and the sum of several groups. */
export function conclude(reports: readonly Report[], seconds: number): void {
  for (const [file, text] of reports.flatMap(({ diagnostics }) => [...diagnostics])) {
    console.log(`\n${shortOf(file)} says:\n${indented(text)}`)
  }
  const files = reports.flatMap((each) => each.files).sort((a, b) => b.seconds - a.seconds)
  if (files.length > 1) console.log(`\nThe slowest files:\n${files.slice(0, SLOWEST_FILES).map(lineOf).join('\n')}`)
  const failures = reports.flatMap((each) => each.failures)
  const printed = new Map(reports.flatMap((each) => [...each.printed]))
  for (const file of new Set(failures.map((each) => each.file))) {
    console.log(`\n✖ ${shortOf(file)}`)
    for (const { name, error } of failures.filter((each) => each.file === file)) {
      console.log(`  ✖ ${shortOf(name)}\n${indented(error)}`)
    }
    const text = printed.get(file)
    if (text) console.log(`  It printed:\n${indented(text)}`)
  }
  const tests = reports.reduce((sum, each) => sum + each.tests, 0)
  console.log(`\n${tests} tests, ${failures.length} failures, in ${seconds.toFixed(0)} s`)
}

/** The file that was run: `file` is the one with the call of `test`, which may be another. */
function testFileOf(data: { file?: string | undefined; entryFile?: string }): string {
  return data.entryFile ?? data.file ?? ''
}

function append(texts: Map<string, string>, file: string, text: string): void {
  texts.set(file, ((texts.get(file) ?? '') + text).slice(-MAX_PRINTED_CHARACTERS))
}

function lineOf({ file, seconds }: Report['files'][number]): string {
  return `${seconds.toFixed(1).padStart(6)} s  ${shortOf(file)}`
}

function shortOf(file: string): string {
  return file.slice(file.lastIndexOf('/test/') + 1)
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '    ')
}
