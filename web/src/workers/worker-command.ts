/** The broker, as the server describes it. */
type Broker = { address: string; embedded: boolean }

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = '61613'

/**
 * The command that starts another worker, and a text about the machine to run it on.
 * @param pageHost the host by which this page reached the server
 */
export function workerCommand({ address, embedded }: Broker, pageHost: string): { command: string; where: string } {
  const colon = address.lastIndexOf(':')
  const [brokerHost, port] = [address.slice(0, colon), address.slice(colon + 1)]
  // Brackets around an IPv6 address belong to URLs only.
  const host = (isLoopback(brokerHost) && !isLoopback(pageHost) && !embedded ? pageHost : brokerHost).replace(
    /^\[|\]$/g,
    '',
  )
  const settings = [
    ...(host === DEFAULT_HOST ? [] : [`BROKER_HOST=${host}`]),
    ...(port === DEFAULT_PORT ? [] : [`BROKER_PORT=${port}`]),
  ]
  const command = [...settings, './bin/minus-one work'].join(' ')
  if (isLoopback(host))
    return {
      command,
      where: embedded
        ? 'On the machine of this server, in the folder of Minus One, as the user who runs the server; with BROKER_PASSWORD where it is set. Other machines can help when server and workers share a RabbitMQ: docs/rabbitmq.md says how.'
        : 'On the machine of this server, in the folder of Minus One.',
    }
  return {
    command,
    where:
      'On any machine that reaches that address, in a folder of Minus One; with BROKER_USER and BROKER_PASSWORD where they are set. It fetches the models by itself.',
  }
}

function isLoopback(host: string): boolean {
  return host === '[::1]' || host === 'localhost' || host === '::1' || host.startsWith('127.')
}
