import { startActivemq } from '../support/activemq.ts'
import { testBrokerContract } from './contract.ts'

/* Keeps us honest about STOMP: a broker that none of our code was written for. */
testBrokerContract({
  name: 'ActiveMQ',
  isDurable: true,
  refusesToOthers: false,
  async start() {
    const activemq = await startActivemq()
    return {
      port: activemq.port,
      async restart() {
        await activemq.stop()
        await activemq.start()
      },
      stop: () => activemq.remove(),
    }
  },
})
