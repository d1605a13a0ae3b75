import { spawnSync } from 'node:child_process'

/*
 * Fails when the registry knows of a hole, high or critical, in what is shipped. Registries that do not answer such
 * questions (mirrors often do not) are said so, and no reason to fail.
 */
type Audit = { metadata?: { vulnerabilities: Record<string, number> }; vulnerabilities?: Record<string, unknown> }

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 120_000 })
const audit = answerOf(stdout)
if (!audit?.metadata) console.log('npm audit: the registry does not answer.')
else {
  const { high = 0, critical = 0, total = 0 } = audit.metadata.vulnerabilities
  console.log(`npm audit: ${total} known holes, ${high} high, ${critical} critical.`)
  if (high + critical > 0) {
    console.error(Object.keys(audit.vulnerabilities ?? {}).join(', '))
    process.exit(1)
  }
}

function answerOf(text: string): Audit | null {
  try {
    return JSON.parse(text) as Audit
  } catch {
    return null
  }
}
