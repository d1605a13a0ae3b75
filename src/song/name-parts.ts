import { withoutSoundExtension } from './sound-file-name.ts'

/**
 * A track number: 01, 7, 1-01 (disc and track) or A1 (side of a record). Band names such as D12, or numbers of three digits
 * without a leading zero, do not match.
 */
const NUMBER = String.raw`(?:[1-9]-\d{2}|[A-D][1-9]|\d{1,2}|0\d{2})`
/**
 * Before a dash any track number counts; before a dot only one of up to two digits; before a space or a letter only 01, 1-01
 * and 1-14.
 */
const NUMBER_AHEAD = new RegExp(
  String.raw`^(?:${NUMBER} [-–—] |(?:[1-9]-)?\d{1,2}\.(?!\d) ?|(?:[1-9]-)?0\d |[1-4]-\d{2} |0\d-(?=\p{L}))(?=\S)`,
  'u',
)
const WHOLE_NUMBER = new RegExp(`^${NUMBER}$`, 'u')
const NUMBER_IN_PART = /^(?:[1-9]-)?(?:0\d[. ]|\d{2}\.(?!\d)) *(?=\S)/u
const DASH_AT_END = / [-–—]$/u

/**
 * Takes title and band from a file name: "Queen - Another One Bites the Dust.mp3" has both, other names are the title. Track
 * numbers are dropped, at the beginning and after the band and album.
 */
export function parseFileName(fileName: string): { title: string; band: string } {
  const name = withoutSoundExtension(fileName).replaceAll('_', ' ').trim().replace(DASH_AT_END, '').trim()
  const rest = name.replace(NUMBER_AHEAD, '').replace(NUMBER_AHEAD, '')
  const [band = '', ...others] = rest.split(/ [-–—] /u).map((part) => part.trim())
  const number = others.findIndex((part, index) => {
    return NUMBER_IN_PART.test(part) || (index < others.length - 1 && WHOLE_NUMBER.test(part))
  })
  if (number >= 0) {
    const title = others
      .slice(number)
      .join(' - ')
      .replace(new RegExp(`^${NUMBER} - `, 'u'), '')
    return { band, title: title.replace(NUMBER_IN_PART, '') }
  }
  const both = /^(.+?) [-–—] (.+)$/u.exec(rest)
  return both?.[1] && both[2] ? { band: both[1].trim(), title: both[2].trim() } : { band: '', title: rest }
}
