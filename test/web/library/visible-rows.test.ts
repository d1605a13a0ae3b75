import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ROW_PX, rowTarget, topToShow, visibleRows } from '../../../web/src/library/visible-rows.ts'

const height = 560

describe('The rows of the list of songs that are drawn', () => {
  test('The rows in view are drawn wherever the list is scrolled to, and few others', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.double({ min: 0, max: 1, noNaN: true }), (count, share) => {
        const top = share * Math.max(0, count * ROW_PX - height)
        const { first, end } = visibleRows({ top, height }, count)
        assert.ok(first <= Math.floor(top / ROW_PX))
        assert.ok(end >= Math.min(count, Math.ceil((top + height) / ROW_PX)))
        assert.ok(end - first <= height / ROW_PX + 25)
        assert.ok(first >= 0 && end <= count)
      }),
    )
  })

  test('A small scroll draws no other rows', () => {
    assert.deepEqual(
      visibleRows({ top: 1_000 * ROW_PX + 1, height }, 5_000),
      visibleRows({ top: 1_000 * ROW_PX + 200, height }, 5_000),
    )
  })

  test('A list that has become shorter than the view draws its last rows, or none', () => {
    assert.deepEqual(visibleRows({ top: 100 * ROW_PX, height }, 3), { first: 3, end: 3 })
    assert.deepEqual(visibleRows({ top: 0, height }, 0), { first: 0, end: 0 })
  })

  test('The view moves as little as possible to show a row', () => {
    assert.equal(topToShow(3, { top: 0, height }), 0)
    assert.equal(topToShow(10, { top: 0, height }), ROW_PX)
    assert.equal(topToShow(5, { top: 1_000, height }), 5 * ROW_PX)
  })
})

describe('The keys of the list of songs', () => {
  const from = (at: number) => (key: string) => rowTarget(key, { at, count: 100, height })

  test('Arrows lead to the songs beside, and end at the ends of the list', () => {
    assert.equal(from(5)('ArrowDown'), 6)
    assert.equal(from(5)('ArrowUp'), 4)
    assert.equal(from(0)('ArrowUp'), 0)
    assert.equal(from(99)('ArrowDown'), 99)
  })

  test('Page keys lead one view further, less a row', () => {
    assert.equal(from(20)('PageDown'), 29)
    assert.equal(from(20)('PageUp'), 11)
    assert.equal(from(95)('PageDown'), 99)
  })

  test('Home and End lead to the first and the last song, other keys nowhere', () => {
    assert.equal(from(5)('Home'), 0)
    assert.equal(from(5)('End'), 99)
    assert.equal(from(5)('Enter'), null)
    assert.equal(from(5)('toString'), null)
  })
})
