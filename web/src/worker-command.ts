/** As the server tells of it. */
type Broker = { address: string; embedded: boolean }

const USUAL_HOST = '127.0.0.1'
const USUAL_PORT = '61613'

/**
 * What to type where, so that another worker helps the server with this broker.
 * @param pageHost the host by which this page reached the server
 */
export function howToHelp({ address, embedded }: Broker, pageHost: string): { command: string; where: string } {
  const colon = address.lastIndexOf(':')
  const [brokerHost, port] = [address.slice(0, colon), address.slice(colon + 1)]
  // Brackets are for URLs.
  const host = (isLoopback(brokerHost) && !isLoopback(pageHost) && !embedded ? pageHost : brokerHost).replace(
    /^\[|\]$/g,
    '',
  )
  const settings = [
    ...(host === USUAL_HOST ? [] : [`BROKER_HOST=${host}`]),
    ...(port === USUAL_PORT ? [] : [`BROKER_PORT=${port}`]),
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
