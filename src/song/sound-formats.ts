/**
 * The formats in which stems and mixes can be had, in the order in which people are offered them. The name is the file's ending
 * and the API's word as well. The API, the command line, the encoder (`audio/encode/sound-encoder.ts`) and the page take them from here.
 */
export const SOUND_FORMATS = {
  wav: { mediaType: 'audio/wav' },
  flac: { mediaType: 'audio/flac' },
  mp3: { mediaType: 'audio/mpeg' },
  m4a: { mediaType: 'audio/mp4' },
  opus: { mediaType: 'audio/ogg' },
} as const satisfies Record<string, { mediaType: string }>

export type SoundFormat = keyof typeof SOUND_FORMATS

/** The format in which the server keeps sound, and which is given where none is asked for. */
export const STORED_FORMAT = 'wav' satisfies SoundFormat

/** A format that an encoder makes of the stored one. */
export type CodedFormat = Exclude<SoundFormat, typeof STORED_FORMAT>

export const SOUND_FORMAT_NAMES = Object.keys(SOUND_FORMATS) as SoundFormat[]
