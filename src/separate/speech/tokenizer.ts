/*
 * The byte-level byte-pair encoding of GPT-2 and Whisper: a text is split into words and signs, each is written as UTF-8, and
 * neighbouring parts are joined as long as the vocabulary has them, the most frequent pair first. The rank of a token is its id.
 */

/** GPT-2's split: contractions, then letters, digits or other signs, each with the space before it. */
const PIECES = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu

export type Tokenizer = {
  encode(text: string): number[]
  /** Bytes that are no UTF-8 become U+FFFD. */
  decode(tokens: readonly number[]): string
}

/** @param vocabulary a token in each line, in the order of their ids; bytes are written as the characters of `byteSigns` */
export function openTokenizer(vocabulary: string): Tokenizer {
  const tokens = vocabulary.split('\n')
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const signs = byteSigns()
  const bytesOfSigns = new Map(signs.map((sign, byte) => [sign, byte]))
  const known = new Map<string, number[]>()
  const encodePiece = (piece: string): number[] => {
    const found = known.get(piece)
    if (found) return found
    const parts = [...new TextEncoder().encode(piece)].map((byte) => signs[byte] ?? '')
    const encoded = join(parts, ids).map((part) => ids.get(part) ?? 0)
    known.set(piece, encoded)
    return encoded
  }
  return {
    encode: (text) => (text.match(PIECES) ?? []).flatMap(encodePiece),
    decode(encoded) {
      const written = encoded.map((id) => tokens[id] ?? '').join('')
      const bytes = Uint8Array.from([...written].flatMap((sign) => bytesOfSigns.get(sign) ?? []))
      return new TextDecoder().decode(bytes)
    },
  }
}

function join(parts: string[], ids: ReadonlyMap<string, number>): string[] {
  for (;;) {
    let [best, at] = [Number.POSITIVE_INFINITY, -1]
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ids.get(`${parts[i]}${parts[i + 1]}`) ?? Number.POSITIVE_INFINITY
      if (rank < best) [best, at] = [rank, i]
    }
    if (at < 0) return parts
    parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`)
  }
}

/** The character that stands for each byte: printable bytes for themselves, the others in order from U+0100 on. */
function byteSigns(): string[] {
  let next = 256
  return [...Array(256).keys()].map((byte) => {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173)
    return String.fromCodePoint(isPrintable ? byte : next++)
  })
}
