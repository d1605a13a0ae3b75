import { type Dictionary, FormatContext, IOContext, type Stream } from 'node-av/lib'
import { singleLine } from '../../platform/printable.ts'
import type { Tags } from '../media-messages.ts'
import { readId3v1 } from './id3v1.ts'
import { latin1Names } from './id3v2.ts'
import { type TagValue, tagTexts } from './tag-text.ts'

const MAX_TAG_CHARACTERS = 500
const MAX_TAG_BYTES = 4 * MAX_TAG_CHARACTERS
const WRITE = 1
const BUFFER_BYTES = 1 << 16

/** Ogg stores its tags in the stream, other formats in the container. Some mp3 files have ID3v1 tags at their end as well. */
export function readTags({
  path,
  container,
  stream,
}: {
  path: string
  container: FormatContext
  stream: Stream
}): Tags {
  const tags = new Map<string, Buffer>([
    ...(container.iformat?.name === 'mp3' ? readId3v1(path) : []),
    ...valuesOf(stream.metadata),
    ...valuesOf(container.metadata),
  ])
  const latin1 = latin1Names(path)
  const first = (...names: string[]): TagValue => {
    const name = names.find((name) => tags.has(name)) ?? ''
    return { bytes: tags.get(name)?.subarray(0, MAX_TAG_BYTES) ?? Buffer.alloc(0), isLatin1: latin1.has(name) }
  }
  const texts = tagTexts([first('title'), first('artist', 'album_artist'), first('album')])
  const [title = '', artist = '', album = ''] = texts.map(cleanTag)
  return { title, artist, album }
}

function cleanTag(text: string): string {
  const line = singleLine(text).normalize('NFC').trim()
  return [...line].slice(0, MAX_TAG_CHARACTERS).join('')
}

/** The values that are not empty, with names in lower case. */
function valuesOf(dictionary: Dictionary | null): [string, Buffer][] {
  if (!dictionary) return []
  const all = Object.entries(dictionary.getAll())
  const isDamaged = all.some(([, value]) => value.includes('\ufffd'))
  const values = isDamaged ? rawValuesOf(dictionary) : all.map(([name, value]) => [name, Buffer.from(value)] as const)
  return values.filter(([, value]) => value.length > 0).map(([name, value]) => [name.toLowerCase(), value])
}

/**
 * The bytes of a dictionary's values. Node-av reads the values as UTF-8 and loses the bytes of any other code page. FFmpeg's
 * muxer for metadata writes the bytes unchanged, as lines of name=value with escapes.
 */
function rawValuesOf(dictionary: Dictionary): [string, Buffer][] {
  const chunks: Buffer[] = []
  const output = new IOContext()
  output.allocContextWithCallbacks(BUFFER_BYTES, WRITE, null, (chunk) => {
    chunks.push(Buffer.from(chunk))
    return chunk.length
  })
  const muxer = new FormatContext()
  muxer.allocOutputContext2(null, 'ffmetadata', null)
  muxer.metadata = dictionary
  muxer.pb = output
  muxer.writeHeaderSync(null)
  muxer.writeTrailerSync()
  output.flushSync()
  muxer.pb = null
  muxer.freeContext()
  output.freeContext()
  const text = Buffer.concat(chunks).toString('latin1')
  const lines = text.matchAll(/^((?:[^\\=\n]|\\[\s\S])*)=((?:[^\\\n]|\\[\s\S])*)$/gm)
  return [...lines].map(([, name = '', value = '']) => [unescaped(name).toString(), unescaped(value)])
}

function unescaped(text: string): Buffer {
  return Buffer.from(text.replace(/\\([\s\S])/g, '$1'), 'latin1')
}
