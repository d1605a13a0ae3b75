import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { menuTarget } from '../../../web/src/design/menu-keys.ts'

const labels = ['Play', 'Rename', 'Download', 'Copy link', 'Delete']

describe('The keys of a menu', () => {
  const from = (at: number) => (key: string) => menuTarget(key, { labels, at })

  test('Arrows lead to the next and the previous item, and round at the ends', () => {
    assert.equal(from(0)('ArrowDown'), 1)
    assert.equal(from(4)('ArrowDown'), 0)
    assert.equal(from(1)('ArrowUp'), 0)
    assert.equal(from(0)('ArrowUp'), 4)
    assert.equal(from(-1)('ArrowDown'), 0)
    assert.equal(from(-1)('ArrowUp'), 4)
  })

  test('Home and End lead to the ends of the menu', () => {
    assert.equal(from(2)('Home'), 0)
    assert.equal(from(2)('End'), 4)
  })

  test('A letter leads to the next item that begins with it, in either case', () => {
    assert.equal(from(0)('d'), 2)
    assert.equal(from(2)('D'), 4)
    assert.equal(from(4)('d'), 2)
    assert.equal(from(1)('r'), 1)
    assert.equal(from(0)('x'), null)
  })

  test('Other keys, and keys of an empty menu, lead nowhere', () => {
    for (const key of [' ', 'Enter', 'Shift', 'F2', 'ArrowLeft']) assert.equal(from(0)(key), null, key)
    assert.equal(menuTarget('ArrowDown', { labels: [], at: -1 }), null)
  })
})
