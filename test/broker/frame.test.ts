import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameError, FrameReader, writeFrame } from '../../src/broker/frame.ts'
import { MAX_FRAME_BYTES } from '../../src/broker/limits.ts'

const headers = fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
  maxKeys: 8,
})

test('every frame is read as it was written, wherever the bytes are cut', () => {
  fc.assert(
    fc.property(headers, fc.string({ unit: 'grapheme' }), fc.nat(), (given, body, cut) => {
      const { 'content-length': _, ...rest } = given
      const frame = { command: 'MESSAGE', headers: rest, body }
      const bytes = writeFrame(frame)
      const at = cut % (bytes.length + 1)
      const reader = new FrameReader()
      const frames = [...reader.read(bytes.subarray(0, at)), ...reader.read(bytes.subarray(at))]
      assert.equal(frames.length, 1)
      const { 'content-length': __, ...read } = frames[0]?.headers ?? {}
      assert.deepEqual(read, rest)
      assert.equal(frames[0]?.body, body)
    }),
  )
})

test('line ends between frames are heart-beats, CRLF or LF', () => {
  const reader = new FrameReader()
  const frames = reader.read(
    Buffer.from('\n\r\n\nSEND\r\ndestination:/queue/a\r\n\r\nx\0\n\nSEND\ndestination:/queue/b\n\ny\0\n'),
  )
  assert.deepEqual(
    frames.map(({ body }) => body),
    ['x', 'y'],
  )
  assert.equal(frames[0]?.headers['destination'], '/queue/a')
})

test('a body may contain NULs when it has a content-length', () => {
  const [frame] = new FrameReader().read(Buffer.from('MESSAGE\ncontent-length:3\n\na\0b\0'))
  assert.equal(frame?.body, 'a\0b')
})

test('the first of repeated headers counts', () => {
  const [frame] = new FrameReader().read(Buffer.from('MESSAGE\na:1\na:2\n\n\0'))
  assert.equal(frame?.headers['a'], '1')
})

test('bytes that cannot be STOMP are refused at once', () => {
  const wrong = [
    'hello\n\n\0',
    'SEND\nno colon\n\n\0',
    'SEND\n:no name\n\n\0',
    'SEND\na:\\t\n\n\0',
    'SEND\ncontent-length:-1\n\n\0',
    'SEND\ncontent-length:abc\n\n\0',
    'SEND\ncontent-length:1000000000000\n\n\0',
    'SEND\ncontent-length:1\n\nabc\0',
    `SEND\n${'h:v\n'.repeat(200)}\n\0`,
  ]
  for (const text of wrong) assert.throws(() => new FrameReader().read(Buffer.from(text)), FrameError, text)
})

test('a frame beyond the limit is refused before it is kept', () => {
  const reader = new FrameReader()
  assert.throws(() => {
    for (let sent = 0; sent < 4 * MAX_FRAME_BYTES; sent += 1_000) reader.read(Buffer.alloc(1_000, 'a'))
  }, FrameError)
})

test('random bytes are refused or wait for more, and throw nothing but FrameError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        new FrameReader().read(Buffer.from(bytes))
      } catch (error) {
        assert.ok(error instanceof FrameError)
      }
    }),
    { numRuns: 5_000 },
  )
})
