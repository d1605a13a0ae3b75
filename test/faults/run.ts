import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BrokerName, Lab } from './lab.ts'
import { installFaultModel } from './model.ts'
import { inNamespaces } from './namespace.ts'
import { References } from './oracle.ts'
import type { Ground, Result } from './row.ts'
import { REFERRED_ROWS, ROWS } from './rows.ts'

/*
 * The fault matrix: node test/faults/run.ts [--broker embedded|rabbitmq] [--rows 1,2,9] [--priority] [--json]
 * It needs root, because it runs in network and mount namespaces of its own, so that the machine is not
 * touched. It prints a line for each row and broker, and ends with exit code 1 when one breaks.
 */

const MAX_ROW_MS = 300_000
const BROKERS: readonly BrokerName[] = ['embedded', 'rabbitmq']

const { values: flags } = parseArgs({
  options: {
    broker: { type: 'string' },
    rows: { type: 'string' },
    priority: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

await inNamespaces(main)

async function main(): Promise<number> {
  const wanted = flags.rows?.split(',').map(Number)
  const isWanted = ({ number, isPriority }: { number: number; isPriority?: true }) =>
    wanted ? wanted.includes(number) : !flags.priority || isPriority === true
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-faults-'))
  const modelsFolder = join(folder, 'models')
  await installFaultModel(modelsFolder)
  const references = new References(join(folder, 'references'), modelsFolder)
  const results: Result[] = []
  for (const broker of BROKERS.filter((each) => !flags.broker || each === flags.broker)) {
    for (const row of ROWS.filter(isWanted)) {
      if (row.brokers && !row.brokers.includes(broker)) continue
      const ground: Ground = {
        broker,
        async withLab(options, work) {
          const lab = await Lab.start({ broker, references, modelsFolder, ...options })
          try {
            return await work(lab)
          } catch (error) {
            throw new Error(`${reasonOf(error)}\n${lab.lastWords()}`, { cause: error })
          } finally {
            await lab.close()
          }
        },
      }
      results.push(await judge({ row: row.number, fault: row.fault, broker }, () => row.run(ground), row.maxMs))
    }
  }
  // Priority rows of other tests run with those tests.
  if (!flags.priority) {
    for (const { number, fault, files, pattern } of REFERRED_ROWS.filter(isWanted)) {
      results.push(await judge({ row: number, fault, broker: 'both' }, () => runTests(files, pattern)))
    }
  }
  await rm(folder, { recursive: true, force: true })
  if (flags.json) console.log(JSON.stringify(results))
  return results.every(({ holds }) => holds) ? 0 : 1
}

async function judge(
  about: Pick<Result, 'row' | 'fault' | 'broker'>,
  run: () => Promise<string>,
  maxMs = MAX_ROW_MS,
): Promise<Result> {
  const began = performance.now()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`not done after ${maxMs / 1000} s`)), maxMs)
  let result: Result
  try {
    const said = await Promise.race([run(), late.promise])
    result = { ...about, holds: true, seconds: secondsSince(began), said }
  } catch (error) {
    result = { ...about, holds: false, seconds: secondsSince(began), said: reasonOf(error) }
  }
  clearTimeout(timer)
  if (!flags.json) print(result)
  return result
}

function print({ row, fault, broker, holds, seconds, said }: Result): void {
  const head = `${String(row).padStart(2)}  ${broker.padEnd(8)}  ${holds ? 'holds ' : 'BREAKS'}  ${seconds.toFixed(1).padStart(6)} s`
  console.log(`${head}  ${fault}${said ? `\n    ${said}` : ''}`)
}

function runTests(files: readonly string[], pattern: string): Promise<string> {
  const words = ['--test', '--test-concurrency=1', ...(pattern ? [`--test-name-pattern=${pattern}`] : []), ...files]
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`)
  const passed = Number(/pass (\d+)/.exec(stdout)?.[1] ?? 0)
  if (passed === 0) throw new Error(`No test of ${files.join(', ')} is called '${pattern}'.`)
  return Promise.resolve(`${passed} tests of ${files.join(', ')}`)
}

/** The place and reason of a failure. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause ? error.message : (error.stack ?? error.message)
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000
}
