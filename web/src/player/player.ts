import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import { songStorage } from '../browser-storage.ts'
import { showFailure } from '../notice.ts'
import type { Song } from '../server/songs.ts'
import type { AudioListener } from './audio-session.ts'
import { gainsOf, mixOf } from './mix.ts'
import type { Loop, Report, Status } from './mixer.ts'
import { NewestOpening } from './newest-opening.ts'
import type { Output } from './output.ts'
import { PlayerAudio, type Session } from './player-audio.ts'
import { PlayheadSender, type SendPlayhead } from './playhead-sender.ts'
import { lengthOf } from './song-length.ts'
import { AS_RECORDED, type Practice } from './stretcher.ts'
import { TrackRequests } from './track-requests.ts'

const SOUND_LOST = 'Something took the sound away from the page, as a call does, or other headphones: press Play.'

export type PlayerState = { kind: 'closed' } | { kind: Status; musicId: number }

export type PlayerNeeds = {
  songs: ReadonlySignal<ReadonlyMap<number, Song>>
  /** Resolves when the segments of a song are in `songs`, if it has any. */
  needSegments(musicId: number): Promise<void>
  keepTracks(musicId: number, tracks: readonly number[]): Promise<void>
  sendPlayhead: SendPlayhead
  openSession(listener: AudioListener): Session
}

/**
 * The one player of the page. It has one song open at a time, and the newest request counts: while a song is being opened, the
 * one before stays open, and a request for another song, or a pause, cancels the opening. Positions are in samples.
 */
export class Player {
  readonly state = signal<PlayerState>({ kind: 'closed' })
  readonly position = signal(0)
  readonly levels = signal<readonly number[]>([])
  readonly loop = signal<Loop | null>(null)
  readonly practice = signal<Practice>(AS_RECORDED)
  readonly musicId = computed(() => (this.state.value.kind === 'closed' ? null : this.state.value.musicId))
  /** The open song; undefined if none is open, or if it was deleted. */
  readonly song: ReadonlySignal<Song | undefined>
  /** Whether it plays, or waits for a block and plays on then. */
  readonly isOn = computed(() => this.state.value.kind === 'playing' || this.state.value.kind === 'waiting')
  readonly isInAudioThread: ReadonlySignal<boolean>
  readonly trackRequests: TrackRequests
  /** Why there is no sound, or why a block is missing; empty if all is well. */
  readonly problem: ReadonlySignal<string>
  readonly #needs: PlayerNeeds
  readonly #audio: PlayerAudio
  readonly #playhead: PlayheadSender
  readonly #practices = songStorage<Practice>('practice')
  readonly #loops = songStorage<Loop>('loop')
  readonly #noSound = signal('')
  readonly #opening = new NewestOpening<Song | undefined>()
  /** The newest request to play: a token by which an older one finds that it is cancelled. */
  #playRequest: { musicId: number } | null = null
  /** Whether the audio thread has reported that it plays. */
  #isHeard = false

  constructor(needs: PlayerNeeds) {
    const listener: AudioListener = {
      onReport: (report) => this.#show(report),
      onLoss: () => this.#loseSound(),
      onFault: () => this.#closeAudio(),
    }
    this.#needs = needs
    this.#audio = new PlayerAudio(() => needs.openSession(listener))
    this.isInAudioThread = this.#audio.isInAudioThread
    this.#playhead = new PlayheadSender(needs.sendPlayhead)
    this.trackRequests = new TrackRequests(needs.keepTracks)
    this.problem = computed(() => this.#noSound.value || this.#audio.missingBlock.value)
    this.song = computed(() => {
      const musicId = this.musicId.value
      return musicId === null ? undefined : needs.songs.value.get(musicId)
    })
    effect(() => this.#followSong())
    effect(() => this.#sendGains())
  }

  isOpen(musicId: number): boolean {
    return this.musicId.value === musicId
  }

  /** Plays a song from its last position, or from its beginning. */
  async play(musicId: number): Promise<void> {
    const isPressed = (navigator as { userActivation?: UserActivation }).userActivation?.isActive ?? true
    const session = this.#audio.open()
    const request = { musicId }
    const isCancelled = () => this.#playRequest !== request
    this.#playRequest = request
    session.wake()
    const song = await this.#open(musicId)
    if (!song || isCancelled()) return
    if (song.progress?.state === 'added') {
      const trackIds = song.music.tracks.map(({ track_id }) => track_id)
      await this.trackRequests.send(musicId, trackIds)
      if (isCancelled()) return
    }
    this.#audio.send({ kind: 'play' })
    this.#setStatus('waiting')
    this.#playhead.send(song, this.position.value)
    const whySilent = await session.whySilent({ isPressed })
    if (isCancelled()) return
    this.#isHeard = whySilent === ''
    this.#noSound.value = whySilent
    if (this.#isHeard) return
    this.pause()
    if (isPressed) this.#closeAudio()
  }

  /** Shows the pause at once, because the audio thread may no longer answer. */
  pause(): void {
    this.#playRequest = null
    this.#opening.cancel()
    this.#isHeard = false
    this.#audio.send({ kind: 'pause' })
    this.#setStatus('paused')
    this.levels.value = []
  }

  async toggle(musicId: number): Promise<void> {
    if (this.isOpen(musicId) && this.isOn.value) this.pause()
    else await this.play(musicId)
  }

  /** Resolves to false if the song could not be opened or a newer request cancelled this one. */
  async seek(musicId: number, position: number): Promise<boolean> {
    const song = await this.#open(musicId)
    if (!song || !this.isOpen(musicId)) return false
    this.position.value = Math.max(0, Math.min(lengthOf(song), Math.round(position)))
    this.#audio.send({ kind: 'seek', position: this.position.value })
    this.#loadBlocks()
    this.#playhead.send(song, this.position.value)
    return true
  }

  /** Sets the loop of the open song. */
  setLoop(loop: Loop | null): void {
    const musicId = this.musicId.value
    if (musicId === null) return
    this.loop.value = loop
    this.#loops.set(musicId, loop)
    this.#audio.send({ kind: 'loop', loop })
  }

  /** Changes key and tempo of a song, if it is open. */
  async setPractice(musicId: number, changes: Partial<Practice>): Promise<void> {
    if (!this.isOpen(musicId)) return
    this.practice.value = { ...this.practice.value, ...changes }
    this.#practices.set(musicId, this.practice.value)
    await this.#audio.output?.setPractice(this.practice.value)
  }

  /** Opens the browser's audio, which takes a tenth of a second. Call it shortly before a press of Play. */
  openAudio(): void {
    this.#audio.open()
  }

  #show({ status, position, levels }: Report): void {
    const song = this.song.peek()
    if (!song) return
    this.#setStatus(status)
    this.position.value = position
    this.levels.value = levels
    this.#loadBlocks()
    if (this.isOn.value) this.#playhead.sendSometimes(song, position)
  }

  #setStatus(kind: Status): void {
    const state = this.state.peek()
    if (state.kind !== 'closed' && state.kind !== kind) this.state.value = { kind, musicId: state.musicId }
  }

  /** The sound stopped from outside. It stays off until the next press of Play, even if it becomes available before. */
  #loseSound(): void {
    if (!this.#isHeard || !this.isOn.value) return
    this.pause()
    this.#noSound.value = SOUND_LOST
  }

  /** The next press opens the audio again. */
  #closeAudio(): void {
    this.#loseSound()
    this.#audio.close()
  }

  /** Opens a song; undefined if it has no segments yet, or if a newer request cancelled the opening. */
  #open(musicId: number): Promise<Song | undefined> {
    return this.#opening.open(musicId, (isCancelled) => this.#openUnless(isCancelled, musicId))
  }

  async #openUnless(isCancelled: () => boolean, musicId: number): Promise<Song | undefined> {
    const { songs, needSegments } = this.#needs
    await needSegments(musicId)
    if (isCancelled() || !songs.peek().get(musicId)?.segments[0]) return undefined
    const session = this.#audio.open()
    const output = await session.output
    const song = songs.peek().get(musicId)
    if (isCancelled() || !this.#audio.isOpen(session) || !song?.segments[0]) return undefined
    if (!this.isOpen(musicId) || this.#audio.output !== output) this.#setSong(song, session, output)
    return song
  }

  #setSong(song: Song, session: Session, output: Output): void {
    const musicId = song.music.music_id
    if (this.#playRequest?.musicId !== musicId) this.#playRequest = null
    this.#audio.setSong(song, { session, output, onLoad: () => this.#loadBlocks() })
    batch(() => {
      if (!this.isOpen(musicId)) this.position.value = 0
      this.state.value = { kind: 'paused', musicId }
      this.loop.value = this.#loops.get(musicId)
      this.practice.value = this.#practices.get(musicId) ?? AS_RECORDED
    })
    this.#audio.send({ kind: 'seek', position: this.position.value })
    this.#audio.send({ kind: 'loop', loop: this.loop.value })
    showFailure(output.setPractice(this.practice.value))
    this.#sendGains()
    this.#loadBlocks()
  }

  /** Reads the signals without subscribing to them: effects call it, and must not run with every report. */
  #loadBlocks(): void {
    const song = this.song.peek()
    if (song) this.#audio.loadBlocks(song, this.position.peek(), this.loop.peek()?.start ?? null)
  }

  /** An effect: gives the mixer the length of the song and its new blocks. Closes a song that was deleted. */
  #followSong(): void {
    if (this.musicId.value === null) return
    const song = this.song.value
    if (song) {
      this.#audio.send({ kind: 'length', samples: lengthOf(song) })
      this.#loadBlocks()
      return
    }
    this.#audio.removeSong()
    this.#playRequest = null
    this.state.value = { kind: 'closed' }
    this.position.value = 0
    this.loop.value = null
  }

  /** Also an effect: the mix may change. */
  #sendGains(): void {
    const song = this.song.value
    if (song) this.#audio.send({ kind: 'gains', gains: gainsOf(song.music, mixOf(song.music, song.progress)) })
  }
}
