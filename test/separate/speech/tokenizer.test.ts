import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { openTokenizer } from '../../../src/separate/speech/tokenizer.ts'
import { joinToWords, wordsToTokens } from '../../../src/separate/speech/word-tokens.ts'

const VOCABULARY = fileURLToPath(new URL('../../../models/whisper-base/tokens.txt', import.meta.url))
const tokenizer = openTokenizer(readFileSync(VOCABULARY, 'utf8'))

describe('the tokenizer of Whisper', () => {
  test('writes frequent words as one token, and the others as few', () => {
    assert.equal(tokenizer.encode(' the').length, 1)
    assert.equal(tokenizer.encode(' hello world').length, 2)
    assert.ok(tokenizer.encode(' antidisestablishmentarianism').length < 10)
  })

  test('gives back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(tokenizer.decode(tokenizer.encode(text)), text)
      }),
    )
  })

  test('keeps the tokens of each given word apart, with the space before it', () => {
    const words = wordsToTokens(['Hel', 'lo ', 'world'], tokenizer)
    assert.deepEqual(
      words.map(({ tokens }) => tokenizer.decode(tokens)),
      [' Hel', 'lo', ' world'],
    )
  })

  test('puts tokens together to words: by spaces, with the signs behind them', () => {
    const tokens = tokenizer.encode(" Don't stop, believing!")
    const words = joinToWords(tokens, tokenizer, 'en')
    assert.deepEqual(
      words.map(({ text }) => text),
      ["Don't ", 'stop, ', 'believing!'],
    )
    assert.deepEqual(
      words.flatMap((word) => word.tokens),
      tokens,
    )
  })

  test('takes each character as a word where a language has no spaces, even if a character has several tokens', () => {
    const words = joinToWords(tokenizer.encode('歌詞を歌う'), tokenizer, 'ja')
    assert.equal(words.map(({ text }) => text).join(''), '歌詞を歌う')
    assert.ok(words.length >= 3)
  })
})
