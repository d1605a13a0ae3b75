import {
  ADTS,
  type AttachedImage,
  BlobSource,
  FLAC,
  Input,
  MATROSKA,
  MP3,
  MP4,
  OGG,
  QTFF,
  WAVE,
  WEBM,
} from 'mediabunny'
import type { FileTags } from './file-tags.ts'

const MAX_TEXT_CHARACTERS = 300
const MAX_COVER_BYTES = 10 << 20

addEventListener('message', ({ data: file }: MessageEvent<File>) => {
  readTags(file).then(
    (tags) => postMessage(tags),
    () => postMessage(null),
  )
})

async function readTags(file: File): Promise<FileTags> {
  const formats = [MP3, MP4, QTFF, FLAC, WAVE, OGG, ADTS, MATROSKA, WEBM]
  const input = new Input({ source: new BlobSource(file), formats })
  const { title, artist, albumArtist, images } = await input.getMetadataTags()
  // In Ogg the last page states the length, and is found quickly. Other formats would be read as a whole.
  const isOgg = (await input.getFormat()) === OGG
  const seconds = (await input.getDurationFromMetadata()) ?? (isOgg ? await input.computeDuration() : null)
  return {
    title: plain(title),
    artist: plain(artist) || plain(albumArtist),
    seconds: seconds !== null && Number.isFinite(seconds) && seconds > 0 ? seconds : null,
    cover: coverOf(images ?? []),
  }
}

/** Removes control characters, and cuts to a length that can be shown. */
function plain(text = ''): string {
  return [...text.replace(/\p{Cc}/gu, '')].slice(0, MAX_TEXT_CHARACTERS).join('').trim()
}

/** The front cover, otherwise the first picture. As on the server, its first bytes show its format. */
function coverOf(images: readonly AttachedImage[]): Blob | null {
  const fitting = images.filter(({ data }) => typeOf(data) !== null && data.length <= MAX_COVER_BYTES)
  const cover = fitting.find(({ kind }) => kind === 'coverFront') ?? fitting[0]
  return cover ? new Blob([new Uint8Array(cover.data)], { type: typeOf(cover.data) ?? '' }) : null
}

function typeOf(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg'
  return String.fromCharCode(...bytes.subarray(1, 4)) === 'PNG' ? 'image/png' : null
}
