import { testPriorityRows } from './priority.ts'

testPriorityRows({ broker: 'embedded', from: 26, to: 99 })
