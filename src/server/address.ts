import type { Broker } from '../broker/broker.ts'
import type { Config } from '../config.ts'
import type { App } from '../listen/app.ts'
import { UserError } from '../song/errors.ts'

export async function listen(app: App, { HOST, PORT }: Config): Promise<void> {
  try {
    await app.listen({ host: HOST, port: PORT })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new UserError(`PORT: ${HOST}:${PORT} is taken. Choose another with --port.`, { code: 'config', cause })
    if (code === 'EADDRNOTAVAIL')
      throw new UserError(`HOST: ${HOST} is no address of this machine.`, { code: 'config', cause })
    throw cause
  }
}

/** @param host another one than the server listens at, for those to whom it is that */
export function urlOf(app: App, { HOST, TLS_CERT }: Config, host = HOST): string {
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return `${TLS_CERT ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Where workers reach us when nobody said: the address from which we reach the broker, which they reach as well. */
export function urlTowardsBroker(config: Config, broker: Broker, app: App): string {
  const isEverywhere = config.HOST === '0.0.0.0' || config.HOST === '::'
  return urlOf(app, config, isEverywhere ? (broker.localAddress?.replace('::ffff:', '') ?? '127.0.0.1') : config.HOST)
}
