import { testPriorityRows } from './priority.ts'

testPriorityRows({ broker: 'embedded', from: 1, to: 25 })
