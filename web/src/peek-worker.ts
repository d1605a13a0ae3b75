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
import type { Peek } from './peek.ts'

const LONGEST_TEXT = 300
const LARGEST_COVER_BYTES = 10 << 20

addEventListener('message', ({ data: file }: MessageEvent<File>) => {
  look(file).then(
    (peek) => postMessage(peek),
    () => postMessage(null),
  )
})

async function look(file: File): Promise<Peek> {
  const formats = [MP3, MP4, QTFF, FLAC, WAVE, OGG, ADTS, MATROSKA, WEBM]
  const input = new Input({ source: new BlobSource(file), formats })
  const { title, artist, albumArtist, images } = await input.getMetadataTags()
  // Ogg tells its length on its last page, which is soon found; elsewhere it would take the whole file.
  const isOgg = (await input.getFormat()) === OGG
  const seconds = (await input.getDurationFromMetadata()) ?? (isOgg ? await input.computeDuration() : null)
  return {
    title: plain(title),
    artist: plain(artist) || plain(albumArtist),
    seconds: seconds !== null && Number.isFinite(seconds) && seconds > 0 ? seconds : null,
    cover: coverOf(images ?? []),
  }
}

/** Of a length that can be shown, without control characters. */
function plain(text = ''): string {
  return [...text.replace(/\p{Cc}/gu, '')].slice(0, LONGEST_TEXT).join('').trim()
}

/** The front cover, else the first picture: what it is say its own first bytes, as on the server. */
function coverOf(images: readonly AttachedImage[]): Blob | null {
  const fitting = images.filter(({ data }) => typeOf(data) !== null && data.length <= LARGEST_COVER_BYTES)
  const cover = fitting.find(({ kind }) => kind === 'coverFront') ?? fitting[0]
  return cover ? new Blob([new Uint8Array(cover.data)], { type: typeOf(cover.data) ?? '' }) : null
}

function typeOf(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg'
  return String.fromCharCode(...bytes.subarray(1, 4)) === 'PNG' ? 'image/png' : null
}
