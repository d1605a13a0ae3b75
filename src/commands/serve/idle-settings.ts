import { type Config, SETTINGS, STOMP_PORT } from '../../config.ts'

/** The broker settings that have no effect. Each message names the reason or the setting to use instead. */
export function idleSettings(config: Config): string[] {
  if (config.BROKER_HOST !== undefined) {
    return config.BROKER_LISTEN === undefined
      ? []
      : ['BROKER_LISTEN does nothing where BROKER_HOST names a broker: no broker is embedded.']
  }
  const words: string[] = []
  const { BROKER_PORT, BROKER_VHOST, BROKER_TLS } = config
  if (BROKER_PORT !== STOMP_PORT) {
    words.push(
      `BROKER_PORT=${BROKER_PORT} does nothing without BROKER_HOST: set BROKER_LISTEN=127.0.0.1:${BROKER_PORT} for the embedded broker, or BROKER_HOST for another one.`,
    )
  }
  if (BROKER_TLS) words.push('BROKER_TLS does nothing without BROKER_HOST: the embedded broker speaks no TLS.')
  if (BROKER_VHOST !== SETTINGS.BROKER_VHOST.schema.parse(undefined)) {
    words.push(
      `BROKER_VHOST=${BROKER_VHOST} does nothing without BROKER_HOST: the embedded broker has no virtual hosts.`,
    )
  }
  return words
}
