import { globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/**
 * How a test file runs:
 * - unit: in one process, or in one with a few short children; no root, browser, network or broker.
 * - system: starts servers, workers, brokers or browsers, and mostly waits for them.
 * - alone: measures time, memory or sound, or needs every core.
 * - long: part of `npm run test:long` only.
 */
export type Group = 'unit' | 'system' | 'alone' | 'long'

/** The ending of a file decides first, then its folder. CONTRIBUTING.md says the same. */
export function groupOf(path: string): Group {
  if (path.endsWith('.long.ts')) return 'long'
  if (path.endsWith('.alone.test.ts')) return 'alone'
  if (path.endsWith('.system.test.ts') || path.startsWith('test/system/')) return 'system'
  return 'unit'
}

export function allTests(): string[] {
  return globSync('test/**/*.{test,long}.ts').sort()
}

/** The test files that a command line names: files, or folders with all that is below them. Throws where there are none. */
export function testsAt(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const name = relative('.', resolve(path))
    const isFolder = statSync(name, { throwIfNoEntry: false })?.isDirectory()
    const found = allTests().filter((test) => (isFolder ? test.startsWith(`${name}/`) : test === name))
    if (found.length === 0) throw new Error(`${path} is neither a test nor a folder with tests.`)
    return found
  })
}

/** By path, the source of these files and of every file below test/ that they import or start. */
export function sourcesOf(tests: readonly string[]): Map<string, string> {
  const seen = new Map<string, string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    const source = readFileSync(path, 'utf8')
    seen.set(path, source)
    for (const [, named = ''] of source.matchAll(/(?:from |import\(|new URL\()'([^']+\.ts)'/g)) {
      const next = join(dirname(path), named)
      if (next.startsWith('test/')) visit(next)
    }
  }
  for (const test of tests) visit(test)
  return seen
}
