/*
 * Time until the first sound from the middle of an hour of mp3 is decoded, with and without the walk from frame header to
 * frame header (src/audio/containers/mp3-frames.ts), at constant and at variable bit rate.
 * Prints for each file the milliseconds of three runs, taken by turns, and the ratio of their medians.
 *
 *   node bench/seek-decode.ts [MINUTES]
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_QSCALE,
  AV_SAMPLE_FMT_S16P,
  FF_ENCODER_LIBMP3LAME,
} from 'node-av/constants'
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet, Rational } from 'node-av/lib'
import { findMp3Frame } from '../src/audio/containers/mp3-frames.ts'
import { decodePart, openEncoder } from '../src/audio/media.ts'
import { SAMPLE_RATE } from '../src/audio/pcm.ts'
import { makeSong } from '../test/support/songs.ts'

const RUNS = 3
const MINUTES = Number(process.argv[2] ?? 60)
/** `lame -V 2`, in FFmpeg's units. */
const VBR_QUALITY = 2 * 118
const FRAME_SAMPLES = 1_152

const folder = await mkdtemp(join(tmpdir(), 'minus-one-seek-'))
try {
  const minute = makeSong(60)
  for (const [name, encode] of [
    ['CBR', encodeCbr],
    ['VBR', encodeVbr],
  ] as const) {
    const path = join(folder, `${name}.mp3`)
    await encode(path, minute)
    const unwalkable = join(folder, `${name}-stray-byte.mp3`)
    await insertStrayByte(path, unwalkable)
    const walked: number[] = []
    const read: number[] = []
    for (let run = 0; run < RUNS; run++) {
      walked.push(await firstSoundMs(path))
      read.push(await firstSoundMs(unwalkable))
    }
    const ratio = median(read) / median(walked)
    console.log(`${name}: with the walk ${list(walked)} ms, without ${list(read)} ms, ratio ${ratio.toFixed(2)}`)
  }
} finally {
  await rm(folder, { recursive: true })
}

/** The start of the media process is part of it, as it is for a listener who seeks. */
async function firstSoundMs(path: string): Promise<number> {
  const excerpt = { startSample: MINUTES * 30 * SAMPLE_RATE, samples: 10 * SAMPLE_RATE }
  const start = performance.now()
  for await (const _ of decodePart({ path, excerpt })) return performance.now() - start
  throw new Error(`${path} has no sound in its middle.`)
}

async function encodeCbr(path: string, minute: Int16Array): Promise<void> {
  const encoder = openEncoder({ path, format: 'mp3', tags: { title: '', artist: '', album: '' }, picture: null })
  const pcm = Buffer.from(minute.buffer, minute.byteOffset, minute.byteLength)
  for (let written = 0; written < MINUTES; written++) await encoder.write(pcm)
  await encoder.finish()
}

/** Our encoder writes constant bit rates only, so this drives LAME itself. */
async function encodeVbr(path: string, minute: Int16Array): Promise<void> {
  const container = new FormatContext()
  check(container.allocOutputContext2(null, 'mp3', `file:${path}`))
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBMP3LAME)
  if (!codec) throw new Error('This FFmpeg has no LAME.')
  const encoder = new CodecContext()
  encoder.allocContext3(codec)
  encoder.sampleFormat = AV_SAMPLE_FMT_S16P
  encoder.sampleRate = SAMPLE_RATE
  encoder.channelLayout = AV_CHANNEL_LAYOUT_STEREO
  encoder.timeBase = new Rational(1, SAMPLE_RATE)
  encoder.setFlags(AV_CODEC_FLAG_QSCALE)
  encoder.globalQuality = VBR_QUALITY
  check(encoder.open2Sync(codec, null))
  const stream = container.newStream()
  check(stream.codecpar.fromContext(encoder))
  stream.timeBase = encoder.timeBase
  check(container.openOutputSync())
  check(container.writeHeaderSync(null))
  const packet = new Packet()
  packet.alloc()
  function writePackets(): void {
    while (encoder.receivePacketSync(packet) >= 0) {
      packet.streamIndex = stream.index
      packet.rescaleTs(encoder.timeBase, stream.timeBase)
      check(container.interleavedWriteFrameSync(packet))
    }
  }
  const frame = new Frame()
  frame.alloc()
  const frames = Math.floor(minute.length / 2 / FRAME_SAMPLES)
  for (let index = 0; index < MINUTES * frames; index++) {
    frame.unref()
    frame.format = AV_SAMPLE_FMT_S16P
    frame.sampleRate = SAMPLE_RATE
    frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO
    frame.nbSamples = FRAME_SAMPLES
    check(frame.getBuffer(0))
    check(frame.fromBuffer(planesOf(minute, (index % frames) * FRAME_SAMPLES)))
    frame.pts = BigInt(index * FRAME_SAMPLES)
    check(encoder.sendFrameSync(frame))
    writePackets()
  }
  check(encoder.sendFrameSync(null))
  writePackets()
  check(container.writeTrailerSync())
  container.closeOutputSync()
}

function planesOf(song: Int16Array, startSample: number): Buffer {
  const planes = new Int16Array(2 * FRAME_SAMPLES)
  for (let i = 0; i < FRAME_SAMPLES; i++) {
    planes[i] = song[2 * (startSample + i)] ?? 0
    planes[FRAME_SAMPLES + i] = song[2 * (startSample + i) + 1] ?? 0
  }
  return Buffer.from(planes.buffer)
}

/** A byte between two frames ends the walk; a demuxer reads on behind it. */
async function insertStrayByte(from: string, to: string): Promise<void> {
  const place = findMp3Frame(from, 40)
  if (!place) throw new Error(`${from} has no 40 frames.`)
  const bytes = await readFile(from)
  await writeFile(to, Buffer.concat([bytes.subarray(0, place.offset), Buffer.alloc(1), bytes.subarray(place.offset)]))
}

function check(result: number): void {
  FFmpegError.throwIfError(result, 'encode')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function list(values: readonly number[]): string {
  return values.map(Math.round).join(', ')
}
