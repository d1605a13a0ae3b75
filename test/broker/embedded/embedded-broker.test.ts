import { type EmbeddedBroker, startEmbeddedBroker } from '../../../src/broker/embedded/embedded-broker.ts'
import { testBrokerContract } from '../contract.ts'

const options = { host: '127.0.0.1', user: 'admin', password: 'admin' }

testBrokerContract({
  name: 'The embedded broker',
  isDurable: false,
  refusesToOthers: true,
  async start() {
    let broker: EmbeddedBroker = await startEmbeddedBroker({ ...options, port: 0 })
    const { port } = broker
    return {
      port,
      async restart() {
        await broker.close()
        broker = await startEmbeddedBroker({ ...options, port })
      },
      stop: () => broker.close(),
    }
  },
})
