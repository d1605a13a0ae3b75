import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeText } from '../../../src/lyrics/formats/decode-text.ts'
import { encoded } from '../../support/tagged.ts'

const SONGS: Record<string, string> = {
  'windows-1252': '[00:01.00]Für Élise, ma chère\n[00:05.00]Où es-tu ? Ça va ?\n[00:09.00]niño, corazón',
  'windows-1251': '[00:01.00]Группа крови на рукаве\n[00:05.00]мой порядковый номер на рукаве',
  shift_jis: '[00:01.00]夜に駆ける\n[00:05.00]沈むように溶けてゆくように',
  gbk: '[00:01.00]月亮代表我的心\n[00:05.00]你问我爱你有多深',
  'euc-kr': '[00:01.00]사랑해 너를\n[00:05.00]이 밤이 지나면',
}

describe('a file of words in a legacy code page', () => {
  for (const [label, text] of Object.entries(SONGS)) {
    test(`is read as it was written: ${label}`, () => assert.equal(decodeText(encoded(label, text)), text))
  }

  test('may be UltraStar, whose notes are no text', () => {
    const notes = '#BPM:300\n: 0 4 12 夜\n: 4 4 12 に\n: 8 2 12 駆\n: 10 2 12 ける\n'
    assert.equal(decodeText(encoded('shift_jis', notes)), notes)
  })

  test('is UTF-8 all the same if only a few of many letters are broken', () => {
    const bytes = Buffer.concat([Buffer.from('日本語の歌詞です'), Buffer.of(0xff), Buffer.from('夜に駆ける')])
    assert.equal(decodeText(bytes), '日本語の歌詞です\ufffd夜に駆ける')
  })
})
