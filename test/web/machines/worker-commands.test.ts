import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { workerCommands } from '../../../web/src/machines/worker-commands.ts'

describe('the commands that add a worker', () => {
  const steps = (address: string, { embedded = false, pageHost = 'localhost' } = {}) =>
    workerCommands({ address, embedded }, pageHost)
  const lastCommand = (...words: Parameters<typeof steps>) =>
    steps(...words)
      .at(-1)
      ?.commands.at(-1)

  test('name the broker that the server uses', () => {
    assert.equal(lastCommand('10.0.0.5:61613'), 'BROKER_HOST=10.0.0.5 ./bin/minus-one work')
    assert.equal(lastCommand('rabbit.lan:7000'), 'BROKER_HOST=rabbit.lan BROKER_PORT=7000 ./bin/minus-one work')
  })

  test('name the address of the page for a broker on the same machine as the server', () => {
    assert.equal(lastCommand('127.0.0.1:61613', { pageHost: '10.0.0.7' }), 'BROKER_HOST=10.0.0.7 ./bin/minus-one work')
    assert.equal(lastCommand('127.0.0.1:61613'), './bin/minus-one work')
  })

  test('begin with the installation on another machine, but not on that of the server', () => {
    assert.equal(steps('10.0.0.5:61613')[0]?.commands[0], 'npm ci')
    assert.deepEqual(steps('127.0.0.1:61613')[0]?.commands, ['./bin/minus-one work'])
  })

  test('name only the own machine for the embedded broker, and say how a RabbitMQ lets other machines help', () => {
    const [here, rabbitMq, there, ...more] = steps('127.0.0.1:40001', { embedded: true, pageHost: '10.0.0.7' })
    assert.deepEqual(here?.commands, ['BROKER_PORT=40001 ./bin/minus-one work'])
    assert.match(here?.words ?? '', /as the user who runs the server/, "nobody else can read that broker's password")
    assert.ok(rabbitMq?.commands.includes('sudo rabbitmq-plugins enable rabbitmq_stomp'))
    assert.match(rabbitMq?.commands.at(-1) ?? '', /^BROKER_HOST=10\.0\.0\.7 .* npm start/)
    assert.equal(there?.commands.at(-1), 'BROKER_HOST=10.0.0.7 BROKER_PASSWORD=PASSWORD ./bin/minus-one work')
    assert.deepEqual(more, [])
  })

  test('leave the address to fill in where the page was opened by the name of its own machine', () => {
    const [, rabbitMq] = steps('127.0.0.1:61613', { embedded: true })
    assert.match(rabbitMq?.words ?? '', /ADDRESS is that of this machine/)
    assert.match(rabbitMq?.commands.at(-1) ?? '', /^BROKER_HOST=ADDRESS /)
  })

  test('write IPv6 addresses without brackets', () => {
    assert.equal(lastCommand('[2001:db8::5]:61613'), 'BROKER_HOST=2001:db8::5 ./bin/minus-one work')
    assert.equal(
      lastCommand('[::1]:7000', { pageHost: '[2001:db8::7]' }),
      'BROKER_HOST=2001:db8::7 BROKER_PORT=7000 ./bin/minus-one work',
    )
    const embedded = (address: string) => steps(address, { embedded: true })[0]?.commands
    assert.deepEqual(embedded('[::1]:61613'), ['BROKER_HOST=::1 ./bin/minus-one work'])
    assert.deepEqual(embedded('127.0.0.2:61613'), ['BROKER_HOST=127.0.0.2 ./bin/minus-one work'])
  })
})
