import type { BrokerAddress } from '../broker/client/stomp-connection.ts'
import { brokerAddress, type Config, LOOPBACK } from '../config.ts'
import { keptPassword } from './broker-password.ts'

/**
 * How a worker reaches its broker. Where nobody named a password, that of a server of the same user on this machine is
 * looked up whenever the address is used: the next server has another one.
 */
export function workersBroker(config: Config): BrokerAddress {
  const address = brokerAddress(config)
  if (config.BROKER_PASSWORD !== undefined || config.BROKER_TLS || !LOOPBACK.has(address.host)) return address
  return {
    ...address,
    get password() {
      return keptPassword(address.port) ?? address.password
    },
  }
}
