import { COMMON_HANGUL, COMMON_HANZI, KNOWN_HANGUL, KNOWN_HANZI } from './common-characters.ts'
import { westernBits } from './western-text.ts'

/*
 * Finds the legacy code page of a short text, such as a title of a few characters, from its bytes alone.
 *
 * For each code page it adds up how many bits the text would take: few for characters that are common in the language, many
 * for rare ones. The code page with the fewest bits is the most likely (minimum description length). The bits of a character
 * are −log2 of its frequency: the share of its group in texts, divided by the number of characters in the group.
 */

/** Labels of the WHATWG Encoding Standard. */
export type CodePage = 'windows-1252' | 'windows-1251' | 'shift_jis' | 'gbk' | 'euc-kr'

/** The characters whose first byte is between `from` and `to` and whose second byte is at least `trail`. */
type Rows = { from: number; to: number; trail?: number; bits: number }
type Decoder = InstanceType<typeof TextDecoder>
type Known = { characters: ReadonlySet<string>; bits: number }
type MultiByte = { label: CodePage; known: Known[]; rows: Rows[]; singleBits: number; decoder: Decoder }

const ASCII_BITS = 6
const RARE_BITS = 24
/** For a last character that was cut off: ID3v1 cuts texts after 30 bytes. */
const CUT_OFF_BITS = 8
const MIN_CUT_OFF_BYTES = 30
/** For an ASCII letter next to a character of another script, without a space between them. */
const SWITCH_BITS = 12

const MULTI_BYTE: MultiByte[] = [
  {
    label: 'shift_jis',
    decoder: new TextDecoder('shift_jis', { fatal: true }),
    known: [{ characters: new Set('ー・々、。！？'), bits: 9 }],
    rows: [
      { from: 0x82, to: 0x82, trail: 0x9f, bits: 8 }, // hiragana
      { from: 0x83, to: 0x83, bits: 8 }, // katakana
      { from: 0x88, to: 0x97, bits: 13 }, // kanji of level 1
      { from: 0x81, to: 0x82, bits: 14 },
      { from: 0x98, to: 0x9f, bits: 18 },
      { from: 0xe0, to: 0xea, bits: 18 },
    ],
    singleBits: 16, // half-width katakana
  },
  {
    label: 'gbk',
    decoder: new TextDecoder('gbk', { fatal: true }),
    known: [
      { characters: COMMON_HANZI, bits: 9.3 },
      { characters: KNOWN_HANZI, bits: 10.7 },
    ],
    rows: [
      { from: 0xb0, to: 0xd7, trail: 0xa1, bits: 14 }, // hanzi of level 1
      { from: 0xa1, to: 0xa3, trail: 0xa1, bits: 14 },
      { from: 0xd8, to: 0xf7, trail: 0xa1, bits: 18 },
    ],
    singleBits: RARE_BITS,
  },
  {
    label: 'euc-kr',
    decoder: new TextDecoder('euc-kr', { fatal: true }),
    known: [
      { characters: COMMON_HANGUL, bits: 9 },
      { characters: KNOWN_HANGUL, bits: 12.5 },
    ],
    rows: [
      { from: 0xb0, to: 0xc8, trail: 0xa1, bits: 17 }, // hangul
      { from: 0xa1, to: 0xa3, trail: 0xa1, bits: 14 },
      { from: 0xca, to: 0xfd, trail: 0xa1, bits: 20 }, // hanja
    ],
    singleBits: RARE_BITS,
  },
]

/** @param fields texts of one file, all in the same code page */
export function codePageOf(fields: readonly Uint8Array[]): CodePage {
  const readings: { label: CodePage; bits: number }[] = [
    { label: 'windows-1252', bits: westernBits(fields.map((field) => readAs('windows-1252', field))) },
    { label: 'windows-1251', bits: sum(fields, (field) => cyrillicBits(readAs('windows-1251', field))) },
    ...MULTI_BYTE.map((page) => ({ label: page.label, bits: sum(fields, (field) => multiByteBits(page, field)) })),
  ]
  return readings.reduce((best, reading) => (reading.bits < best.bits ? reading : best)).label
}

/** Reads a text whose last character may be cut off. Throws a TypeError when the bytes are invalid in the code page. */
export function readAs(label: CodePage | 'utf-8', bytes: Uint8Array): string {
  return new TextDecoder(label, { fatal: true }).decode(bytes, { stream: true })
}

const COMMON_CYRILLIC = new Set('оеаинтсрвлкмОЕАИНТСРВЛКМ')
const CYRILLIC_MARKS = new Set('«»“”„’…–—№\u00a0')
const CYRILLIC_WORD = /^(?:[А-ЯЁІЇЄҐ]?[а-яёіїєґ]*|[А-ЯЁІЇЄҐ]+)$/u
const CYRILLIC_VOWEL = /[аеёиоуыэюяіїє]/iu

function cyrillicBits(text: string): number {
  const letters = sum([...text], (character) => {
    if (character <= '\x7f') return ASCII_BITS
    if (COMMON_CYRILLIC.has(character)) return 4.2
    if (/[А-яЁё]/u.test(character)) return 6.5
    if (/[ІіЇїЄєҐґ]/u.test(character)) return 9 // Ukrainian
    return CYRILLIC_MARKS.has(character) ? 8 : 16
  })
  const words = text.match(/(?:[a-z]|[^\0-\x7f«»“”„’…–—\u00a0])+/giu) ?? []
  return letters + sum(words, cyrillicWordBits)
}

/** The additional bits of a word that is unlikely as a whole: odd capitals, no vowel. */
function cyrillicWordBits(word: string): number {
  if (!/[^\0-\x7f]/.test(word)) return 0
  const isOdd = !CYRILLIC_WORD.test(word)
  const isCapitals = word.length > 1 && word === word.toUpperCase()
  const isUnspeakable = word.length > 1 && !CYRILLIC_VOWEL.test(word)
  return (isOdd ? 12 : 0) + (isCapitals ? 1.5 * (word.length - 1) : 0) + (isUnspeakable ? 6 : 0)
}

/** Infinity when the bytes are invalid in the code page. */
function multiByteBits(page: MultiByte, bytes: Uint8Array): number {
  let bits = 0
  let last = 0
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0
    const isPlain = lead < 0x80
    const isSingle = isPlain || (page.label === 'shift_jis' && lead >= 0xa0 && lead < 0xe0)
    const character = bytes.subarray(at, isSingle ? at + 1 : at + 2)
    bits += isPlain ? ASCII_BITS : characterBits(page, character, { mayBeCutOff: bytes.length >= MIN_CUT_OFF_BYTES })
    if (at > 0 && isPlain !== last < 0x80 && isPlainLetter(isPlain ? lead : last)) bits += SWITCH_BITS
    last = lead
    at += character.length
  }
  return bits
}

function characterBits(
  { label, known, rows, singleBits, decoder }: MultiByte,
  bytes: Uint8Array,
  { mayBeCutOff }: { mayBeCutOff: boolean },
): number {
  const [lead = 0, trail] = bytes
  const isSingle = label === 'shift_jis' && lead >= 0xa0 && lead < 0xe0
  if (isSingle) return singleBits
  if (trail === undefined) return mayBeCutOff ? CUT_OFF_BITS : Number.POSITIVE_INFINITY
  let character: string
  try {
    character = decoder.decode(bytes)
  } catch {
    return Number.POSITIVE_INFINITY
  }
  const group =
    known.find(({ characters }) => characters.has(character)) ??
    rows.find(({ from, to, trail: least = 0 }) => lead >= from && lead <= to && trail >= least)
  return group?.bits ?? RARE_BITS
}

function isPlainLetter(byte: number): boolean {
  return /[a-z]/i.test(String.fromCharCode(byte))
}

function sum<T>(items: readonly T[], bitsOf: (item: T) => number): number {
  return items.reduce((total, item) => total + bitsOf(item), 0)
}
