import type { Health } from '../listen/schemas.ts'
import { messageOf } from '../song/errors.ts'

const TIMEOUT_MS = 10_000
/** What Node says of certificates, and what it means. */
const CERTIFICATE = /CERT|ISSUER|SIGNATURE|ALTNAME/

/** Asks a running server how it is and prints it. Resolves to whether all is well. */
export async function askServer({
  url,
  token,
  version,
}: {
  url: string
  token: string | undefined
  version: string
}): Promise<boolean> {
  const print = (isGood: boolean, line: string) => process.stdout.write(`  ${isGood ? 'ok     ' : 'MISSING'} ${line}\n`)
  const base = /^https?:\/\//.test(url) ? url : `http://${url}`
  process.stdout.write(`Server at ${base}\n`)
  const beganAt = performance.now()
  let health: Health
  try {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await fetch(new URL('/healthz', base), { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (answer.status !== 200 && answer.status !== 503) {
      const { error = '' } = (await answer.json().catch(() => ({}))) as { error?: string }
      print(false, `it answers ${answer.status}: ${error || 'this is no Minus One'}`)
      return false
    }
    health = (await answer.json()) as Health
  } catch (error) {
    print(false, `not reached: ${whyNot(error)}`)
    return false
  }
  print(true, `answers after ${Math.round(performance.now() - beganAt)} ms`)
  const isLetIn = health.version !== undefined
  print(
    isLetIn,
    isLetIn
      ? 'lets us in'
      : `wants an access token: ${token === undefined ? 'set ACCESS_TOKEN' : 'ours is not the right one'}`,
  )
  if (health.version !== undefined) {
    const isSame = health.version === version
    print(
      isSame,
      isSame ? `version ${version}, as here` : `version ${health.version}, here ${version}: update the older one`,
    )
  }
  if (health.broker)
    print(health.broker.connected, `broker ${health.broker.address}${health.broker.embedded ? ', embedded' : ''}`)
  if (health.workers !== undefined) print(health.workers > 0, `${health.workers} workers, ${health.songs ?? 0} songs`)
  for (const reason of health.reasons) print(false, reason)
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
