/** Extensions of the audio and video containers that `audio/open/open-sound.ts` reads. */
const EXTENSIONS = [
  '3g2 3gp aac ac3 adts aif aifc aiff amr ape asf au avi awb caf dff dsf dts eac3 ec3 f4a f4v flac flv',
  'm2ts m4a m4b m4p m4r m4v mka mkv mov mp1 mp2 mp3 mp4 mpc mpeg mpg mts oga ogg ogv ogx opus qt ra rm rmvb',
  'snd spx tak ts tta vob w64 wav wave weba webm wma wmv wv xwma',
]
  .join(' ')
  .replaceAll(' ', '|')

const SOUND_FILE_NAME = new RegExp(`^(?<stem>.*)\\.(?:${EXTENSIONS})$`, 'isu')

/** Whether a file in a folder is taken for sound. Hidden files are not. */
export function isSoundFileName(name: string): boolean {
  return SOUND_FILE_NAME.test(name) && !name.startsWith('.')
}

/**
 * Removes the extension of a sound file: "Mr. Song.mp3" and "Mr. Song" both give "Mr. Song". Returns the whole name if only
 * dots would be left.
 */
export function withoutSoundExtension(name: string): string {
  const stem = SOUND_FILE_NAME.exec(name)?.groups?.['stem'] ?? name
  return /^\.*$/.test(stem) ? name : stem
}
