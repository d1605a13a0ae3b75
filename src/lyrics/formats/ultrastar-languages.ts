/** The languages that UltraStar files name, in English or in their own words. */
const NAMES: Readonly<Record<string, string>> = {
  en: 'english englisch inglés ingles anglais inglese',
  de: 'german deutsch allemand alemán tedesco',
  es: 'spanish spanisch español espanol castellano espagnol spagnolo',
  fr: 'french französisch francais français francés francese',
  it: 'italian italienisch italiano italien',
  pt: 'portuguese portugiesisch português portugues',
  nl: 'dutch niederländisch nederlands',
  sv: 'swedish schwedisch svenska',
  da: 'danish dänisch dansk',
  no: 'norwegian norwegisch norsk',
  fi: 'finnish finnisch suomi',
  pl: 'polish polnisch polski',
  cs: 'czech tschechisch čeština',
  ru: 'russian russisch русский',
  uk: 'ukrainian ukrainisch українська',
  tr: 'turkish türkisch türkçe',
  ja: 'japanese japanisch 日本語',
  ko: 'korean koreanisch 한국어',
  zh: 'chinese chinesisch mandarin cantonese 中文',
  hu: 'hungarian ungarisch magyar',
  el: 'greek griechisch ελληνικά',
  la: 'latin lateinisch',
}

/** The tag of the first language that is named; null if it is unknown. */
export function languageOfName(name: string): string | null {
  const word = /[\p{L}\p{M}]+/u.exec(name.toLowerCase())?.[0]
  if (word === undefined) return null
  return Object.keys(NAMES).find((tag) => tag === word || NAMES[tag]?.split(' ').includes(word)) ?? null
}
