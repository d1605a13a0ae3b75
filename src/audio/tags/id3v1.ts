import { fstatSync, readSync } from 'node:fs'
import { withFile } from '../containers/with-file.ts'

const TAG_BYTES = 128
const FIELD_BYTES = 30
const FIELDS = [
  ['title', 3],
  ['artist', 33],
  ['album', 63],
] as const

/** The texts of the tag at a file's end (id3.org/ID3v1), in an unknown code page. FFmpeg ignores it if there is ID3v2. */
export function readId3v1(path: string): [string, Buffer][] {
  const tag = lastBytes(path)
  if (tag.subarray(0, 3).toString('latin1') !== 'TAG') return []
  return FIELDS.map(([name, at]) => [name, trimmed(tag.subarray(at, at + FIELD_BYTES))])
}

function lastBytes(path: string): Buffer {
  return withFile(path, (file) => {
    const tag = Buffer.alloc(TAG_BYTES)
    const { size } = fstatSync(file)
    return size < TAG_BYTES ? Buffer.alloc(0) : tag.subarray(0, readSync(file, tag, 0, TAG_BYTES, size - TAG_BYTES))
  })
}

/** A field ends at its first zero byte, or is padded with spaces. */
function trimmed(field: Buffer): Buffer {
  const zero = field.indexOf(0)
  let end = zero < 0 ? field.length : zero
  while (end > 0 && field[end - 1] === 0x20) end--
  return field.subarray(0, end)
}
