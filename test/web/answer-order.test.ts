import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerOrder } from '../../web/src/answer-order.ts'

test('an answer is out of date once a later request has been answered', () => {
  const order = new AnswerOrder()
  const [first, second, third] = [order.begin(), order.begin(), order.begin()]
  assert.equal(second.accept(), true)
  assert.equal(first.accept(), false)
  assert.equal(third.accept(), true)
})
