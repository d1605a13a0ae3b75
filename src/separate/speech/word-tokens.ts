import type { Tokenizer } from './tokenizer.ts'

export type TokenizedWord = { text: string; tokens: readonly number[] }

/** Languages that are written without spaces between words. */
const WITHOUT_SPACES = ['zh', 'ja', 'th', 'lo', 'my', 'yue']

/** Given words as the model would write them: each with the space before it that the text has. */
export function wordsToTokens(words: readonly string[], tokenizer: Tokenizer): TokenizedWord[] {
  return words.map((text, index) => {
    const hasSpaceBefore = index === 0 || /\s$/u.test(words[index - 1] ?? '')
    const spelled = text.trim()
    return { text, tokens: tokenizer.encode(hasSpaceBefore ? ` ${spelled}` : spelled) }
  })
}

/**
 * Puts the tokens that the model has written together to words. A word has the space that follows it; in languages without
 * spaces each character is one.
 */
export function joinToWords(tokens: readonly number[], tokenizer: Tokenizer, language: string): TokenizedWord[] {
  const words: { text: string; tokens: number[] }[] = []
  for (const { text, tokens: part } of wholeCharacters(tokens, tokenizer)) {
    const last = words.at(-1)
    const isNew = !last || text.startsWith(' ') || WITHOUT_SPACES.includes(language)
    // A sign such as a comma belongs to the word before it.
    if (isNew && !(last && /^\s*[^\p{L}\p{N}\s]+$/u.test(text))) words.push({ text, tokens: [...part] })
    else if (last) {
      last.text += text
      last.tokens.push(...part)
    }
  }
  return words.map(({ text, tokens: own }, index) => {
    const isFollowedBySpace = words[index + 1]?.text.startsWith(' ') ?? false
    return { text: `${text.trim()}${isFollowedBySpace ? ' ' : ''}`, tokens: own }
  })
}

/** Groups of tokens that are whole characters: a token may end in the middle of one. */
function wholeCharacters(tokens: readonly number[], tokenizer: Tokenizer): TokenizedWord[] {
  const whole: TokenizedWord[] = []
  let open: number[] = []
  for (const token of tokens) {
    open.push(token)
    const text = tokenizer.decode(open)
    if (text.includes('�')) continue
    whole.push({ text, tokens: open })
    open = []
  }
  return whole
}
