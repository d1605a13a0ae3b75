import { startRabbitmq } from '../support/rabbitmq.ts'
import { testBrokerContract } from './contract.ts'

testBrokerContract({
  name: 'RabbitMQ',
  isDurable: true,
  refusesToOthers: true,
  async start() {
    const rabbitmq = await startRabbitmq()
    return {
      port: rabbitmq.port,
      async restart() {
        await rabbitmq.kill()
        await rabbitmq.start()
      },
      stop: () => rabbitmq.remove(),
      queues: () => rabbitmq.ctl('list_queues', 'name', 'state', 'messages', 'consumers'),
    }
  },
})
