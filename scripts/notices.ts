import { readFileSync, writeFileSync } from 'node:fs'

/*
 * Writes the list of all production packages, by licence, into THIRD-PARTY-NOTICES after its line 'All packages'. The list
 * comes from the lock file, so it includes builds for other systems. `--check` only tells whether the list is up to date.
 *
 *     node scripts/notices.ts [--check]
 */
type Locked = Record<string, { dev?: boolean; link?: boolean; name?: string; license?: string }>

const ROOT = new URL('../', import.meta.url)
const NOTICES = new URL('THIRD-PARTY-NOTICES', ROOT)
const HEADING = 'All packages that npm ci --omit=dev installs, on whatever system, by licence:\n'
const COLUMNS = 120

export function listOf(packages: Locked): string {
  const byLicence = new Map<string, Set<string>>()
  for (const [path, { dev, link, license }] of Object.entries(packages)) {
    if (dev || link || !path.includes('node_modules/')) continue
    const name = path.replace(/^.*node_modules\//, '')
    if (license === undefined) throw new Error(`${name} names no licence: look into it, or leave it out.`)
    byLicence.set(license, (byLicence.get(license) ?? new Set()).add(name))
  }
  return [...byLicence]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([licence, names]) => `\n${licence}\n${wrapped([...names].sort())}\n`)
    .join('')
}

export function noticesWith(text: string, list: string): string {
  const [before = ''] = text.split(HEADING)
  return `${before.trimEnd()}\n\n${HEADING}${list}`
}

function wrapped(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + name.length + 2 <= COLUMNS) lines[lines.length - 1] = `${last}, ${name}`
    else lines.push(`  ${name}`)
  }
  return lines.join(',\n')
}

if (import.meta.main) {
  const lock = JSON.parse(readFileSync(new URL('package-lock.json', ROOT), 'utf8')) as { packages: Locked }
  const text = readFileSync(NOTICES, 'utf8')
  const wanted = noticesWith(text, listOf(lock.packages))
  if (!process.argv.includes('--check')) writeFileSync(NOTICES, wanted)
  else if (text !== wanted) {
    console.error("THIRD-PARTY-NOTICES does not list what is installed: run 'node scripts/notices.ts'.")
    process.exitCode = 1
  }
}
