/**
 * The formats of stems and mixes, in the order in which the page offers them. The name is also the extension of a file and
 * the API's word. `ENCODINGS` in `audio/encode/sound-encoder.ts` has the encoder, bit rate and other parameters of each format.
 */
export const SOUND_FORMATS = {
  wav: { mediaType: 'audio/wav' },
  flac: { mediaType: 'audio/flac' },
  mp3: { mediaType: 'audio/mpeg' },
  m4a: { mediaType: 'audio/mp4' },
  opus: { mediaType: 'audio/ogg' },
} as const satisfies Record<string, { mediaType: string }>

export type SoundFormat = keyof typeof SOUND_FORMATS

/** The format in which the server stores sound. It is the default of every request for sound. */
export const STORED_FORMAT = 'wav' satisfies SoundFormat

/** A format that an encoder makes of the stored one. */
export type CodedFormat = Exclude<SoundFormat, typeof STORED_FORMAT>

export const SOUND_FORMAT_NAMES = Object.keys(SOUND_FORMATS) as SoundFormat[]
