import { testPriorityRows } from './priority.ts'

testPriorityRows({ broker: 'rabbitmq', from: 26, to: 99 })
