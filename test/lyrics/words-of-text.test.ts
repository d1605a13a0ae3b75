import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { cleanLine } from '../../src/lyrics/clean-text.ts'
import { guessLanguage } from '../../src/lyrics/guess-language.ts'
import { textWithReadings } from '../../src/lyrics/ruby.ts'
import { wordsOfText } from '../../src/lyrics/words-of-text.ts'
import { lineText } from './some-lyrics.ts'

const textsOf = (text: string, language: string | null = null) => wordsOfText(text, language).map((word) => word.text)

describe('the words of a line', () => {
  test('stand between spaces, and each has the space behind it', () => {
    assert.deepEqual(textsOf('  I  love\tyou '), ['I ', 'love ', 'you'])
  })

  test('have the marks beside them, so that each can be heard', () => {
    assert.deepEqual(textsOf('« Quoi ? » - non !', 'fr'), ['« Quoi ? » - ', 'non !'])
    assert.deepEqual(textsOf('( oh ) ♪', 'en'), ['( oh ) ♪'])
    assert.deepEqual(textsOf('♪ ♪'), ['♪ ♪'])
  })

  test('are found by dictionary in Japanese and Thai, and are single characters in Chinese', () => {
    assert.deepEqual(textsOf('私は「歌」を歌う。', 'ja'), ['私', 'は', '「歌」', 'を', '歌う。'])
    assert.deepEqual(textsOf('我爱你，世界', 'zh'), ['我', '爱', '你，', '世', '界'])
    assert.deepEqual(textsOf('สวัสดีครับ', 'th'), ['สวัสดี', 'ครับ'])
    assert.deepEqual(textsOf('Hello世界 OK', 'zh'), ['Hello', '世', '界 ', 'OK'])
  })

  test('stand between spaces in Korean, Arabic and Hindi', () => {
    assert.deepEqual(textsOf('사랑해 너를', 'ko'), ['사랑해 ', '너를'])
    assert.deepEqual(textsOf('أحبك كثيرا', 'ar'), ['أحبك ', 'كثيرا'])
  })

  test('joined are the line, whatever it is', () => {
    fc.assert(
      fc.property(lineText, fc.constantFrom('ja', 'zh', 'en', null), (text, language) => {
        const words = wordsOfText(text, language)
        const again = wordsOfText(textWithReadings(words), language)
        assert.deepEqual(again, words)
        assert.ok(words.every((word) => word.text.trim() !== '' && !word.text.startsWith(' ')))
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = cleanLine(text).trim()
        fc.pre(!/[(（《{]/.test(line))
        assert.equal(textsOf(text).join('').replaceAll(/ +/g, ' '), line)
      }),
    )
  })
})

describe('a reading in a line', () => {
  const readingsOf = (text: string) => wordsOfText(text, 'ja').map((word) => [word.text, word.reading])

  test('stands in brackets behind its kanji', () => {
    for (const text of [
      '漢字(かんじ)を',
      '漢字（かんじ）を',
      '漢字《かんじ》を',
      '{漢字|かんじ}を',
      '｜漢字《かんじ》を',
    ]) {
      assert.deepEqual(readingsOf(text), [
        ['漢字', 'かんじ'],
        ['を', null],
      ])
    }
    assert.deepEqual(readingsOf('｜お茶《おちゃ》'), [['お茶', 'おちゃ']])
  })

  test('is kana: other texts in brackets are sung', () => {
    assert.deepEqual(
      readingsOf('愛(love)').map(([, reading]) => reading),
      [null, null],
    )
    assert.deepEqual(
      readingsOf('love (ラブ)').map(([, reading]) => reading),
      [null, null],
    )
  })
})

describe('the language of a text', () => {
  const SONGS: Record<string, string> = {
    en: 'The river and the road are all I know, and you are not the one that I was looking for',
    es: 'No sé por qué la noche es más larga cuando tú no estás y yo te espero en la calle',
    fr: "Je ne sais pas pourquoi la nuit est plus longue quand tu n'es pas là et que je t'attends dans la rue",
    de: 'Ich weiß nicht warum die Nacht so lang ist wenn du nicht da bist und ich auf dich warte',
    it: 'Non so perché la notte è più lunga quando tu non ci sei e io ti aspetto nella strada',
    pt: 'Não sei porque a noite é mais longa quando você não está e eu te espero na rua',
    nl: 'Ik weet niet waarom de nacht zo lang is als jij er niet bent en ik op je wacht in het donker',
    ja: '夜が長いのはなぜ Baby I love you',
    ko: '밤이 왜 이렇게 길까 oh my love',
    zh: '我不知道夜为什么这么长',
    ru: 'Я не знаю, почему ночь такая длинная, когда тебя нет',
    uk: 'Я не знаю, чому ніч така довга і чого її боюся',
    th: 'ไม่รู้ว่าทำไมคืนนี้ยาวนาน',
    he: 'אני לא יודע למה הלילה ארוך',
    ar: 'لا أعرف لماذا الليل طويل',
    el: 'Δεν ξέρω γιατί η νύχτα είναι μεγάλη',
  }

  for (const [language, text] of Object.entries(SONGS)) {
    test(`is guessed: ${language}`, () => assert.equal(guessLanguage(text), language))
  }

  test('is unknown where there is too little to tell', () => {
    for (const text of ['', '123 !', 'la la la', 'hey', 'Bibbidi Bobbidi'])
      assert.equal(guessLanguage(text), null, text)
  })
})
