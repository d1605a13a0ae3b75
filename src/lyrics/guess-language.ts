/** How much of a text is looked at, in characters. A song has about 2,000. */
const SAMPLE_CHARACTERS = 20_000
/** The share of letters that decides for a script. Songs of every country have English lines. */
const LEAST_SHARE = 0.25

/** Scripts of one language, or of one that is by far the most sung. Han is last: Japanese and Korean texts have it too. */
const SCRIPTS: readonly [language: string, letters: RegExp, least: number][] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 0.15],
  ['ko', /\p{Script=Hangul}/gu, LEAST_SHARE],
  ['zh', /\p{Script=Han}/gu, LEAST_SHARE],
  ['th', /\p{Script=Thai}/gu, LEAST_SHARE],
  ['el', /\p{Script=Greek}/gu, LEAST_SHARE],
  ['he', /\p{Script=Hebrew}/gu, LEAST_SHARE],
  ['hi', /\p{Script=Devanagari}/gu, LEAST_SHARE],
]

/** The most frequent words of songs that the other languages of the list do not have, or seldom. */
const STOP_WORDS: Readonly<Record<string, string>> = {
  en: "the and you i to of my in it is that your with for this be what don't i'm all we so but on not are was when can know just love it's you're have never they there she he",
  es: 'el los las y que en un una por con mi tu te se lo es yo pero como más cuando si no ya quiero todo está para del al soy eres amor vida porque donde',
  fr: "le les des et que dans un une pour avec mon ton je tu il elle est pas sur mais comme plus quand c'est j'ai nous vous moi toi qui ne ce tout suis du au si même d'un l'on sans",
  de: 'der die das und ich du nicht ist ein eine mit mir dir mich dich wir auf für von zu es den dem wenn so wie auch nur noch was kein aber sie er bin hat doch immer',
  it: 'il lo gli che di e un una per con mi ti si non sono è come ma più io tu nel della quando se anche questo amore cosa sei ho hai perché del al mai noi',
  pt: 'o os as e que em um uma por com meu minha te se não eu você mas como mais quando do da no na pra tudo está é ao só vou sem foi seu sua dos',
  nl: 'de het een en ik je niet is van met mijn jij voor dat op wij zijn maar als ook naar wat hij ze zo nog er geen heb ben wil bij dit mij jou',
  sv: 'och att det som jag du är inte en ett med för på mig dig vi han hon så om av till den när vill har kan men min din',
  pl: 'i w na z że się nie to jest co jak ja ty mnie ci do tak ale o już gdy za bo tylko mi cię był czy',
  tr: 've bir bu ben sen ne için da de gibi çok var yok beni seni kadar her o değil mi ama benim senin',
}
const LANGUAGES_OF_WORD = languagesOfWord()
/** So many stop words more, for every one of the next language, make a guess certain enough. */
const LEAST_LEAD = 1.2
const LEAST_VOTES = 2

/** The language of a text, by its script and its most frequent words: `en`, `ja` …; null if that is not certain enough. */
export function guessLanguage(text: string): string | null {
  const sample = text.slice(0, SAMPLE_CHARACTERS).normalize('NFC').toLowerCase()
  const letters = sample.match(/\p{L}/gu)?.length ?? 0
  if (letters === 0) return null
  const shareOf = (script: RegExp) => (sample.match(script)?.length ?? 0) / letters
  const found = SCRIPTS.find(([, script, least]) => shareOf(script) >= least)
  if (found) return found[0]
  if (shareOf(/\p{Script=Cyrillic}/gu) >= LEAST_SHARE) return cyrillicLanguage(sample)
  if (shareOf(/\p{Script=Arabic}/gu) >= LEAST_SHARE) return /[پچژگ]/u.test(sample) ? 'fa' : 'ar'
  return shareOf(/\p{Script=Latin}/gu) >= LEAST_SHARE ? latinLanguage(sample) : null
}

function cyrillicLanguage(sample: string): string {
  if (/[їєґ]/u.test(sample)) return 'uk'
  if (/[ђјљњћџ]/u.test(sample)) return 'sr'
  if (/[ѓќѕ]/u.test(sample)) return 'mk'
  if (/ў/u.test(sample)) return 'be'
  return /ъ/u.test(sample) && !/[ыэё]/u.test(sample) ? 'bg' : 'ru'
}

function latinLanguage(sample: string): string | null {
  const votes = new Map<string, number>()
  for (const [word] of sample.replaceAll('’', "'").matchAll(/[\p{L}']+/gu)) {
    const languages = LANGUAGES_OF_WORD.get(word) ?? []
    for (const language of languages) votes.set(language, (votes.get(language) ?? 0) + 1 / languages.length)
  }
  const [first, second] = [...votes].sort(([, one], [, other]) => other - one)
  if (!first || first[1] < LEAST_VOTES) return null
  return first[1] >= LEAST_LEAD * (second?.[1] ?? 0) ? first[0] : null
}

/** A word that several languages have shares its vote. */
function languagesOfWord(): Map<string, string[]> {
  const languages = new Map<string, string[]>()
  for (const [language, words] of Object.entries(STOP_WORDS)) {
    for (const word of words.split(' ')) languages.set(word, [...(languages.get(word) ?? []), language])
  }
  return languages
}
