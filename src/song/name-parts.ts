import { withoutSoundExtension } from './sound-file-name.ts'

/** A track's number: 01, 7, 1-01 of the first disc, A1 of a record's first side. Bands are called D12, or by three digits or more. */
const NUMBER = String.raw`(?:[1-9]-\d{2}|[A-D][1-9]|\d{1,2}|0\d{2})`
/** Before a dash any number counts, before a dot one of two digits at most, before a space or a letter 01, 1-01 and 1-14. */
const NUMBER_AHEAD = new RegExp(
  String.raw`^(?:${NUMBER} [-–—] |(?:[1-9]-)?\d{1,2}\.(?!\d) ?|(?:[1-9]-)?0\d |[1-4]-\d{2} |0\d-(?=\p{L}))(?=\S)`,
  'u',
)
const WHOLE_NUMBER = new RegExp(`^${NUMBER}$`, 'u')
const NUMBER_IN_PART = /^(?:[1-9]-)?(?:0\d[. ]|\d{2}\.(?!\d)) *(?=\S)/u
const DASH_AT_END = / [-–—]$/u

/**
 * What the name of a file says of the song in it: "Queen - Another One Bites the Dust.mp3" says both, other names are the
 * title. Numbers of tracks count as neither: ahead, or behind the band and the album.
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
