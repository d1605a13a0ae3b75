import { testPriorityRows } from './priority.ts'

testPriorityRows({ broker: 'rabbitmq', from: 1, to: 25 })
