import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { signal } from '@preact/signals'
import type { AudioListener } from '../../../web/src/player/audio-session.ts'
import { playLoop, setLoop, setLoopOf } from '../../../web/src/player/loop.ts'
import { type Command, SAMPLE_RATE } from '../../../web/src/player/mixer.ts'
import { Player } from '../../../web/src/player/player.ts'
import type { Session } from '../../../web/src/player/player-audio.ts'
import type { Song } from '../../../web/src/server/songs.ts'
import { fakeSettings } from './fake-settings.ts'

const [A, B] = [1, 2]
const MINUTE = 60 * SAMPLE_RATE

function songOf(musicId: number, state: 'added' | 'ready' = 'ready'): Song {
  const tracks = [
    { name: 'vocals', track_id: 10 * musicId },
    { name: 'other', track_id: 10 * musicId + 1 },
  ]
  return {
    music: {
      music_id: musicId,
      name: `Song ${musicId}`,
      band: '',
      tracks,
      duration: 60,
      model: 'test',
      state: state === 'ready' ? 'separated' : state,
      warnings: [],
      cover: null,
      arrival: null,
    },
    progress: {
      progress: 0,
      instruments: [],
      music_id: musicId,
      state,
      error: null,
      waits_for: null,
      begins_in: null,
      tracks: [],
      chunks: { total: 1, final: true, done: 1, running: 0, redelivered: 0 },
      seconds: 0,
    },
    segments: [
      {
        music_id: musicId,
        index: 0,
        startSample: 0,
        samples: 1_000,
        state: 'expected',
        worker: null,
        attempt: 0,
        version: 0,
      },
    ],
  }
}

describe('the player', () => {
  const songs = signal<ReadonlyMap<number, Song>>(new Map())
  let player: Player
  let commands: Command[]
  let listener: AudioListener
  let keptSongs: number[]
  /** What the player waits for, by name, until a test answers. */
  let waiting: Map<string, () => void>
  let slow: Set<string>
  let whySilent: string

  function wait(name: string): Promise<void> {
    if (!slow.has(name)) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.set(name, resolve)
    return promise
  }

  async function answer(name: string): Promise<void> {
    slow.delete(name)
    waiting.get(name)?.()
    await settle()
  }

  /** Waits until all promises that can settle have settled. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

  beforeEach(() => {
    songs.value = new Map([A, B].map((id) => [id, songOf(id)]))
    commands = []
    keptSongs = []
    waiting = new Map()
    slow = new Set()
    whySilent = ''
    const output = {
      isInAudioThread: true,
      send: (command: Command) => commands.push(command),
      setPractice: async () => undefined,
    }
    player = new Player({
      settings: fakeSettings(),
      songs,
      needSegments: (musicId) => wait(`segments of ${musicId}`),
      keepTracks: async (musicId) => {
        keptSongs.push(musicId)
        await wait('kept')
      },
      sendPlayhead: async () => undefined,
      openSession(heard) {
        listener = heard
        return {
          context: { state: 'running' },
          output: wait('audio').then(() => output),
          wake: () => undefined,
          whySilent: async () => {
            await wait('sound')
            return whySilent
          },
          close: () => undefined,
        } as unknown as Session
      },
    })
  })

  const kinds = () => commands.map(({ kind }) => kind)

  test('plays the song that was clicked last, even if the server answers for an earlier one later', async () => {
    slow.add(`segments of ${A}`)
    const first = player.play(A)
    await player.play(B)
    await answer(`segments of ${A}`)
    await first
    assert.deepEqual(player.state.value, { kind: 'waiting', musicId: B })
    assert.equal(kinds().filter((kind) => kind === 'open').length, 1)
  })

  test('plays the song that was clicked last, even if the audio opens only then', async () => {
    slow.add('audio')
    const both = [player.play(A), player.play(B)]
    await answer('audio')
    await Promise.all(both)
    assert.deepEqual(player.state.value, { kind: 'waiting', musicId: B })
  })

  test('keeps playing a song while another is being opened, and drops that one if the first is clicked again', async () => {
    await player.play(A)
    slow.add(`segments of ${B}`)
    const other = player.play(B)
    await settle()
    assert.deepEqual(player.state.value, { kind: 'waiting', musicId: A })
    await player.seek(A, 5_000)
    await answer(`segments of ${B}`)
    await other
    assert.deepEqual(player.state.value, { kind: 'waiting', musicId: A })
    assert.equal(player.position.value, 5_000)
  })

  test('opens nothing after a pause', async () => {
    await player.play(A)
    slow.add(`segments of ${B}`)
    const other = player.play(B)
    player.pause()
    await answer(`segments of ${B}`)
    await other
    assert.deepEqual(player.state.value, { kind: 'paused', musicId: A })
  })

  test('does not play the wrong song if the tracks of the first one are kept late', async () => {
    songs.value = new Map([
      [A, songOf(A, 'added')],
      [B, songOf(B)],
    ])
    slow.add('kept')
    const first = player.play(A)
    await settle()
    assert.deepEqual(keptSongs, [A])
    await player.seek(B, 0)
    await answer('kept')
    await first
    assert.deepEqual(player.state.value, { kind: 'paused', musicId: B })
    assert.ok(!kinds().includes('play'))
  })

  test('applies requests that come while a song is being opened in their order', async () => {
    slow.add(`segments of ${A}`)
    const all = [
      setLoopOf(player, A, { start: 0, end: 10_000 }),
      setLoopOf(player, A, { start: 0, end: 20_000 }),
      player.play(A),
      player.seek(A, 300),
    ]
    await answer(`segments of ${A}`)
    await Promise.all(all)
    assert.deepEqual(player.loop.value, { start: 0, end: 20_000 })
    assert.equal(player.position.value, 300)
    assert.equal(player.state.value.kind, 'waiting')
  })

  test('does not come back to the loop of a song after another song was clicked', async () => {
    await player.seek(A, 0)
    setLoop(player, { start: 10_000, end: 20_000 })
    listener.onFault()
    slow.add('audio')
    const loop = playLoop(player, A)
    const other = player.play(B)
    await answer('audio')
    await Promise.all([loop, other])
    assert.deepEqual(player.state.value, { kind: 'waiting', musicId: B })
  })

  test('says why no sound comes, and opens the audio again at the next press', async () => {
    whySilent = 'No loudspeakers.'
    await player.play(A)
    assert.equal(player.problem.value, 'No loudspeakers.')
    assert.equal(player.state.value.kind, 'paused')
    whySilent = ''
    await player.play(A)
    assert.equal(player.problem.value, '')
    assert.equal(player.state.value.kind, 'waiting')
    assert.equal(kinds().filter((kind) => kind === 'open').length, 2)
  })

  test('pauses when the sound is taken away, and says so', async () => {
    await player.play(A)
    listener.onLoss()
    assert.equal(player.state.value.kind, 'paused')
    assert.match(player.problem.value, /took the sound away/)
  })

  test('closes a song that was deleted', async () => {
    await player.play(A)
    songs.value = new Map([[B, songOf(B)]])
    assert.deepEqual(player.state.value, { kind: 'closed' })
    assert.equal(commands.at(-1)?.kind, 'open', 'the mixer has dropped it')
  })

  test('does not open a song that was deleted while it was being opened', async () => {
    slow.add('audio')
    const opening = player.play(A)
    await settle()
    songs.value = new Map()
    await answer('audio')
    await opening
    assert.deepEqual(player.state.value, { kind: 'closed' })
  })

  test('shows what the mixer reports', async () => {
    await player.play(A)
    listener.onReport({
      position: MINUTE / 2,
      status: 'playing',
      passes: 0,
      levels: [0.5, 0.25],
      released: [],
      contextTime: 0,
    })
    assert.equal(player.position.value, MINUTE / 2)
    assert.deepEqual(player.levels.value, [0.5, 0.25])
    assert.equal(player.isOn.value, true)
  })
})
