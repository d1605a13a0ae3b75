import { watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { messageOf, UserError } from '../song/errors.ts'

const LOOK_EVERY_MS = 60_000

export type Certificate = { cert: Buffer; key: Buffer }

/** Reads and checks the certificate and its key. Returns undefined without TLS settings. Throws a UserError if they cannot be used. */
export async function readCertificate({ TLS_CERT, TLS_KEY }: Config): Promise<Certificate | undefined> {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined
  try {
    const [cert, key] = await Promise.all([readFile(TLS_CERT), readFile(TLS_KEY)])
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (cause) {
    throw new UserError(
      `TLS_CERT and TLS_KEY: ${messageOf(cause)}. Both have to be PEM files that can be read and belong together.`,
      { code: 'config', cause },
    )
  }
}

/**
 * Reads the certificate again when its files change and at SIGHUP. If certificate and key do not match, for example because only
 * one of them has been replaced yet, the server keeps the earlier pair.
 */
export function followCertificate({
  config,
  log,
  onRenewed,
}: {
  config: Config
  log: Log
  onRenewed(certificate: Certificate): void
}): void {
  const { TLS_CERT, TLS_KEY } = config
  if (TLS_CERT === undefined || TLS_KEY === undefined) return
  const read = async (): Promise<void> => {
    try {
      const certificate = await readCertificate(config)
      if (!certificate) return
      onRenewed(certificate)
      log.info('Server: the certificate was read again.')
    } catch (error) {
      log.warn(`Server: the certificate that was read before stays in force. ${messageOf(error)}`)
    }
  }
  for (const path of [TLS_CERT, TLS_KEY])
    watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, () => void read())
  process.on('SIGHUP', () => void read())
}
