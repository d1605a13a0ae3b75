import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { workerCommand } from '../../../web/src/workers/worker-command.ts'

describe('the command that adds a worker', () => {
  const command = (address: string, { embedded = false, pageHost = 'localhost' } = {}) =>
    workerCommand({ address, embedded }, pageHost).command

  test('names the broker that the server uses', () => {
    assert.equal(command('10.0.0.5:61613'), 'BROKER_HOST=10.0.0.5 ./bin/minus-one work')
    assert.equal(command('rabbit.lan:7000'), 'BROKER_HOST=rabbit.lan BROKER_PORT=7000 ./bin/minus-one work')
  })

  test('names the address of the page for a broker on the same machine as the server', () => {
    assert.equal(command('127.0.0.1:61613', { pageHost: '10.0.0.7' }), 'BROKER_HOST=10.0.0.7 ./bin/minus-one work')
    assert.equal(command('127.0.0.1:61613'), './bin/minus-one work')
  })

  test('names no other machine for the embedded broker, which listens on its own machine only', () => {
    const { command: own, where } = workerCommand({ address: '127.0.0.1:40001', embedded: true }, '10.0.0.7')
    assert.equal(own, 'BROKER_PORT=40001 ./bin/minus-one work')
    assert.match(where, /RabbitMQ/)
    assert.match(where, /as the user who runs the server/, "nobody else can read that broker's password")
  })
})
