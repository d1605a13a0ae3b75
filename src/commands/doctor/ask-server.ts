import type { Health } from '../../listen/schemas.ts'
import { urlBelow } from '../../platform/address.ts'
import { printableLine } from '../../platform/printable.ts'
import { describeProxyAnswer } from '../../platform/proxy-answer.ts'
import { messageOf } from '../../song/errors.ts'
import { print } from '../terminal.ts'

const TIMEOUT_MS = 10_000
/** The error codes of Node that are about certificates. */
const CERTIFICATE = /CERT|ISSUER|SIGNATURE|ALTNAME/

/** Asks a running server for its health and prints it. Resolves to whether all is well. */
export async function askServer({
  url,
  token,
  version,
}: {
  url: string
  token: string | undefined
  version: string
}): Promise<boolean> {
  const printCheck = (isGood: boolean, line: string) =>
    print(`  ${isGood ? 'ok     ' : 'MISSING'} ${printableLine(line)}`)
  const base = /^https?:\/\//.test(url) ? url : `http://${url}`
  print(`Server at ${base}`)
  const beganAt = performance.now()
  let health: Health
  try {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await fetch(urlBelow(base, 'healthz'), { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
    const said = (await answer.json().catch(() => null)) as (Partial<Health> & { error?: string }) | null
    if (!said?.reasons) {
      printCheck(false, `it answers ${answer.status}: ${said?.error ?? describeProxyAnswer(answer.status)}`)
      return false
    }
    health = said as Health
  } catch (error) {
    printCheck(false, `not reached: ${whyNot(error)}`)
    return false
  }
  printCheck(true, `answers after ${Math.round(performance.now() - beganAt)} ms`)
  const isLetIn = health.version !== undefined
  printCheck(
    isLetIn,
    isLetIn
      ? 'lets us in'
      : `requires an access token: ${token === undefined ? 'set ACCESS_TOKEN' : 'ours is not the right one'}`,
  )
  if (health.version !== undefined) {
    const isSame = health.version === version
    printCheck(
      isSame,
      isSame ? `version ${version}, as here` : `version ${health.version}, here ${version}: update the older one`,
    )
  }
  if (health.broker)
    printCheck(health.broker.connected, `broker ${health.broker.address}${health.broker.embedded ? ', embedded' : ''}`)
  if (health.workers !== undefined)
    printCheck(health.workers > 0, `${health.workers} workers, ${health.songs ?? 0} songs`)
  for (const reason of health.reasons) printCheck(false, reason)
  return health.ok && isLetIn && health.version === version && health.reasons.length === 0
}

function whyNot(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause
  if (cause?.code && CERTIFICATE.test(cause.code)) {
    return `${cause.message}. Use the name the certificate was made for; one that nobody vouches for goes into NODE_EXTRA_CA_CERTS.`
  }
  if (cause?.code === 'ECONNREFUSED') return 'nobody listens there. Is it running, and is HOST not 127.0.0.1?'
  if (cause?.code === 'ENOTFOUND') return 'there is no such name.'
  if ((error as Error).name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s. A firewall?`
  return cause?.message ?? messageOf(error)
}
