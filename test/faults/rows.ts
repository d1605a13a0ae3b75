import type { ReferredRow, Row } from './row.ts'
import { BROKER_ROWS } from './rows/brokers.ts'
import { INPUT_ROWS } from './rows/inputs.ts'
import { NETWORK_ROWS } from './rows/network.ts'
import { OPERATOR_ROWS } from './rows/operators.ts'
import { KILL_ROWS } from './rows/server-kills.ts'
import { SERVER_ROWS } from './rows/servers.ts'
import { SICK_WORKER_ROWS } from './rows/sick-workers.ts'
import { STRANGER_ROWS } from './rows/strangers.ts'
import { WORKER_ROWS } from './rows/workers.ts'

/** The rows that run in a lab. */
export const ROWS: readonly Row[] = [
  ...WORKER_ROWS,
  ...SICK_WORKER_ROWS,
  ...STRANGER_ROWS,
  ...NETWORK_ROWS,
  ...BROKER_ROWS,
  ...SERVER_ROWS,
  ...KILL_ROWS,
  ...INPUT_ROWS,
  ...OPERATOR_ROWS,
].sort((a, b) => a.number - b.number)

/** The rows whose faults other tests inject. They are listed so that the matrix is complete. */
export const REFERRED_ROWS: readonly ReferredRow[] = [
  {
    number: 20,
    fault: 'a power cut takes the newest files',
    files: ['test/system/flow/killed-processes.test.ts'],
    pattern: 'power cut',
  },
  {
    number: 26,
    fault: 'forged results',
    isPriority: true,
    files: ['test/system/flow/bad-input.test.ts'],
    pattern: 'results that nobody asked for',
  },
  {
    number: 28,
    fault: 'STOMP garbage to our client',
    isPriority: true,
    files: ['test/broker/client/hostile-broker.test.ts', 'test/broker/frame.test.ts'],
    pattern: '',
  },
  {
    number: 29,
    fault: 'STOMP garbage to the broker',
    files: ['test/broker/embedded/embedded-broker.test.ts', 'test/broker/rabbitmq.system.test.ts'],
    pattern: 'garbage|limit',
  },
  {
    number: 30,
    fault: 'slow or partial HTTP',
    isPriority: true,
    files: ['test/system/security/limits.test.ts'],
    pattern: '',
  },
  { number: 31, fault: 'names and paths', files: ['test/system/security/any-request.test.ts'], pattern: 'file name' },
  {
    number: 33,
    fault: 'sound bombs',
    files: ['test/system/flow/bad-input.test.ts'],
    pattern: 'hours of silence|longer than allowed|four gigabytes',
  },
  {
    number: 35,
    fault: 'a playlist in disguise',
    isPriority: true,
    files: ['test/system/flow/bad-input.test.ts'],
    pattern: 'playlist',
  },
  {
    number: 36,
    fault: 'another web page attacks',
    isPriority: true,
    files: ['test/system/flow/api.test.ts'],
    pattern: 'another site',
  },
]
