import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'

/*
 * Asks the registry about the packages that are shipped: known vulnerabilities, and versions above the one that their
 * maintainers tag as latest. The lock file tells which are deprecated. Exit codes: 0 nothing to do, 1 something to do, 3 NOT
 * AUDITED, because the registry cannot be reached or does not offer audits (many mirrors do not).
 */
const NOT_AUDITED = 3
const TIMEOUT_MS = 120_000
/** npm must run on our Node: for it, the latest version is the newest that its own Node can run. */
const OUR_NODE = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))
const LOCK = fileURLToPath(new URL('../package-lock.json', import.meta.url))
/** Less severe vulnerabilities are listed, but do not fail the audit. */
const FAILING = ['high', 'critical']

type Vulnerabilities = Record<string, { severity: string }>
type Audit = { metadata?: unknown; vulnerabilities?: Vulnerabilities; message?: string; error?: { summary?: string } }
type Outdated = Record<string, { current?: string; latest?: string; summary?: string }>
type Locked = Record<string, { dev?: boolean; deprecated?: string }>

const toDo: string[] = []
const notAudited: string[] = []

const { said: audit, fault } = npm<Audit>('audit', '--omit=dev', '--json')
if (audit?.metadata) {
  const found = Object.entries(audit.vulnerabilities ?? {})
  const failing = found.filter(([, { severity }]) => FAILING.includes(severity))
  console.log(`Vulnerabilities: ${found.length} packages with known ones, ${failing.length} of them high or critical.`)
  for (const [name, { severity }] of found) console.log(`  ${name}: ${severity}`)
  toDo.push(...failing.map(([name]) => `${name} has a known vulnerability: update it, or leave it out.`))
} else notAudited.push(`vulnerabilities (${audit?.message || audit?.error?.summary || fault})`)

const { said: outdated, fault: outdatedFault } = npm<Outdated>('outdated', '--json')
if (outdated && !outdated['error']) {
  const above = Object.entries(outdated).flatMap(([name, { current, latest }]) => {
    return current && latest && isAbove(current, latest)
      ? [`${name} ${current} is above the latest, ${latest}: take that.`]
      : []
  })
  console.log(`Versions: ${above.length} above the latest.`)
  toDo.push(...above)
} else notAudited.push(`versions (${outdated?.['error']?.summary || outdatedFault})`)

const { packages } = JSON.parse(readFileSync(LOCK, 'utf8')) as { packages: Locked }
for (const [path, { dev, deprecated }] of Object.entries(packages)) {
  if (deprecated && !dev) toDo.push(`${path.replace(/^.*node_modules\//, '')} is deprecated: ${deprecated}`)
}

for (const line of toDo) console.error(line)
if (notAudited.length > 0) console.error(`NOT AUDITED: ${notAudited.join('; ')}.`)
process.exitCode = toDo.length > 0 ? 1 : notAudited.length > 0 ? NOT_AUDITED : 0

/** Returns npm's answer. Its exit code does not matter: it is not 0 whenever npm has something to report. */
function npm<Answer>(...words: string[]): { said: Answer | null; fault: string } {
  const PATH = [OUR_NODE, process.env['PATH']].join(delimiter)
  const env = { ...process.env, PATH }
  const { stdout, stderr, error } = spawnSync('npm', words, { encoding: 'utf8', timeout: TIMEOUT_MS, env })
  try {
    return { said: JSON.parse(stdout) as Answer, fault: '' }
  } catch {
    return { said: null, fault: error?.message || stderr?.trim().split('\n')[0] || 'npm says nothing' }
  }
}

/** Compares semantic versions. A prerelease is below its release. */
function isAbove(a: string, b: string): boolean {
  const numbers = (version: string) => version.split(/[-+]/)[0]?.split('.').map(Number) ?? []
  const [left, right] = [numbers(a), numbers(b)]
  const at = left.findIndex((number, index) => number !== right[index])
  return at < 0 ? !a.includes('-') && b.includes('-') : (left[at] ?? 0) > (right[at] ?? 0)
}
