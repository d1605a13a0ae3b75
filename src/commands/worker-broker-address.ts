import type { BrokerAddress } from '../broker/client/stomp-connection.ts'
import { brokerAddress, type Config, LOOPBACK } from '../config.ts'
import { readPasswordFile } from './broker-password.ts'

/**
 * The address at which a worker reaches its broker. If BROKER_PASSWORD is not set, each connection reads the password file of a
 * server of the same user on this machine, because each start of a server makes a new password.
 */
export function workerBrokerAddress(config: Config): BrokerAddress {
  const address = brokerAddress(config)
  if (config.BROKER_PASSWORD !== undefined || config.BROKER_TLS || !LOOPBACK.has(address.host)) return address
  return {
    ...address,
    get password() {
      return readPasswordFile(address.port) ?? address.password
    },
  }
}
