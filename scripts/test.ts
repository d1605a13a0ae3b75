import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { run } from 'node:test'
import { parseArgs } from 'node:util'
import { prepareTests } from './prepare-tests.ts'
import { allTests, type Group, groupOf, testsAt } from './test-files.ts'
import { conclude, type Report, report } from './test-report.ts'

/*
 * node scripts/test.ts [--unit | --long] [PATH...]
 * Without anything: linter, types, page, and every test but the long ones. With paths: the tests of these files and folders.
 */

const MINUTE_MS = 60_000
const CORES = availableParallelism()

/** How many files run at a time, and how long one may take before it counts as hanging. */
const WAYS: Record<Group, { atOnce: number; maxMs: number }> = {
  // Some wait for time-outs all the while.
  unit: { atOnce: 2 * CORES, maxMs: 3 * MINUTE_MS },
  // With more of them at a time, some would wait longer for their processes than they allow.
  system: { atOnce: CORES, maxMs: 10 * MINUTE_MS },
  alone: { atOnce: 1, maxMs: 10 * MINUTE_MS },
  // Rows of the fault matrix wait for time-outs most of the time, but what they start needs the cores.
  long: { atOnce: CORES + 1, maxMs: 30 * MINUTE_MS },
}

const { values: flags, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: { unit: { type: 'boolean', default: false }, long: { type: 'boolean', default: false } },
})

// Tests and what they start (decoders above all) keep what Node compiled: each process starts in half the time.
process.env['NODE_COMPILE_CACHE'] ??= resolve('.cache/compiled')

const began = performance.now()
process.exit(await main().catch(explain))

async function main(): Promise<number> {
  const isWhole = paths.length === 0 && !flags.unit && !flags.long
  const tests = chosenTests()
  const needsSystem = tests.some((test) => groupOf(test) !== 'unit')
  if (isWhole && !(await allSucceed('lint', 'types', 'build'))) return 1
  if (!isWhole && needsSystem && !(await allSucceed('build'))) return 1
  if (needsSystem) prepareTests(tests)
  const reports: Report[] = []
  for (const group of ['unit', 'system', 'alone', 'long'] as const) {
    const files = tests.filter((test) => groupOf(test) === group)
    if (files.length > 0) reports.push(await runGroup(group, files))
  }
  conclude(reports, (performance.now() - began) / 1000)
  return reports.every(({ failures }) => failures.length === 0) ? 0 : 1
}

function explain(error: unknown): number {
  console.error(error instanceof Error ? error.message : error)
  return 1
}

function chosenTests(): string[] {
  if (paths.length > 0) return testsAt(paths)
  return allTests().filter((test) => {
    const group = groupOf(test)
    return flags.unit ? group === 'unit' : flags.long ? group === 'long' : group !== 'long'
  })
}

function runGroup(group: Group, files: readonly string[]): Promise<Report> {
  const { atOnce, maxMs } = WAYS[group]
  console.log(`\n${files.length} ${group} files, ${atOnce} at a time`)
  return report(run({ files: files.map((file) => resolve(file)), concurrency: atOnce, timeout: maxMs }))
}

/** Runs npm scripts at the same time. */
async function allSucceed(...scripts: readonly string[]): Promise<boolean> {
  const codes = await Promise.all(
    scripts.map((name) => {
      const child = spawn('npm', ['run', '--silent', name], { stdio: 'inherit' })
      return new Promise<number | null>((resolve) => child.once('exit', resolve))
    }),
  )
  return codes.every((code) => code === 0)
}
