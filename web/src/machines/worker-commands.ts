/** The broker, as the server describes it. */
type Broker = { address: string; embedded: boolean }

/** What to do on one machine: a text, and the commands in their order. */
export type Steps = { title: string; words: string; commands: readonly string[] }

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = '61613'
const WORK = './bin/minus-one work'

/**
 * The commands that add workers to this server, by the machine on which they run.
 * @param pageHost the host by which this page reached the server
 */
export function workerCommands({ address, embedded }: Broker, pageHost: string): Steps[] {
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
  const command = [...settings, WORK].join(' ')
  if (!embedded && !isLoopback(host)) return [onOther(command)]
  const here: Steps = {
    title: 'On the machine of this server',
    words: `In the folder of Minus One${embedded ? ', as the user who runs the server' : ''}:`,
    commands: [command],
  }
  return embedded ? [here, ...withRabbitMq(isLoopback(pageHost) ? null : pageHost)] : [here]
}

function onOther(command: string): Steps {
  return {
    title: 'On any machine that reaches this address',
    words:
      'In a copy of the folder of Minus One, with BROKER_USER and BROKER_PASSWORD where they are set. A worker fetches the models by itself.',
    commands: ['npm ci', command],
  }
}

/** The embedded broker serves its own machine only. Other machines need a RabbitMQ beside the server. */
function withRabbitMq(pageHost: string | null): Steps[] {
  const address = pageHost ?? 'ADDRESS'
  const which = pageHost === null ? ' ADDRESS is that of this machine in your network, PASSWORD one of yours.' : ''
  return [
    {
      title: 'So that other machines can help: RabbitMQ beside this server',
      words: `Once, on the machine of this server (Debian, Ubuntu).${which || ' PASSWORD is one of yours.'}`,
      commands: [
        'sudo apt-get install rabbitmq-server',
        'sudo rabbitmq-plugins enable rabbitmq_stomp',
        'sudo rabbitmqctl add_user admin PASSWORD',
        "sudo rabbitmqctl set_permissions -p / admin '.*' '.*' '.*'",
        `BROKER_HOST=${address} BROKER_PASSWORD=PASSWORD HOST=0.0.0.0 npm start -- --open`,
      ],
    },
    onOther(`BROKER_HOST=${address} BROKER_PASSWORD=PASSWORD ${WORK}`),
  ]
}

function isLoopback(host: string): boolean {
  return host === '[::1]' || host === 'localhost' || host === '::1' || host.startsWith('127.')
}
