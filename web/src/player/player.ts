import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { Practice } from '../../../src/song/practice-settings.ts'
import { showFailure } from '../notice.ts'
import type { Song } from '../server/songs.ts'
import type { SongSettings } from '../settings/song-settings.ts'
import type { AudioListener } from './audio-session.ts'
import { gainsCommand, mixInForce } from './mix.ts'
import type { Loop, Status } from './mixer.ts'
import { NewestOpening } from './newest-opening.ts'
import type { Output, TimedReport } from './output.ts'
import { PlayerAudio, type Session, SOUND_LOST } from './player-audio.ts'
import type { PlayerNeeds } from './player-needs.ts'
import { PlayheadSender } from './playhead-sender.ts'
import { lengthOf } from './song-length.ts'
import { SongPractice } from './song-practice.ts'
import { TrackRequests } from './track-requests.ts'

export type PlayerState = { kind: 'closed' } | { kind: Status; musicId: number }

/**
 * The one player of the page. It has one song open at a time, and the newest request counts: while a song is being opened, the
 * one before stays open, and a request for another song, or a pause, cancels the opening. Positions are in samples.
 */
export class Player {
  readonly state = signal<PlayerState>({ kind: 'closed' })
  readonly position = signal(0)
  readonly levels = signal<readonly number[]>([])
  /** Where songs begin that were not opened yet, in samples. */
  readonly starts = new Map<number, number>()
  /** Loop, key, tempo and loop trainer of the open song. */
  readonly practising: SongPractice
  readonly loop: ReadonlySignal<Loop | null>
  readonly practice: ReadonlySignal<Practice>
  readonly settings: SongSettings
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
  readonly #noSound = signal('')
  readonly #opening = new NewestOpening<Song | undefined>()
  /** The newest request to play, by which an older one finds that it is cancelled. */
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
    this.settings = needs.settings
    this.#audio = new PlayerAudio(() => needs.openSession(listener))
    this.practising = new SongPractice(needs.settings, {
      sendLoop: (loop) => this.#sendLoop(loop),
      sendPractice: async (practice) => this.#audio.output?.setPractice(practice),
    })
    this.loop = this.practising.loop
    this.practice = this.practising.practice
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
    if (song.progress?.state === 'added') await this.trackRequests.sendAll(song.music)
    if (isCancelled()) return
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

  /** Pauses, and says why in `problem` until the next press of Play. */
  pauseBecause(reason: string): void {
    this.pause()
    this.#noSound.value = reason
  }

  async toggle(musicId: number): Promise<void> {
    if (this.isOpen(musicId) && this.isOn.value) this.pause()
    else await this.play(musicId)
  }

  /** Resolves to false if the song could not be opened or a newer request cancelled this one. */
  async seek(musicId: number, position: number): Promise<boolean> {
    const song = await this.#open(musicId)
    if (!song || !this.isOpen(musicId)) return false
    const place = Math.max(0, Math.min(lengthOf(song), Math.round(position)))
    this.#audio.send({ kind: 'seek', position: place })
    this.#showJump(song, place)
    return true
  }

  /** Opens the browser's audio, which takes a tenth of a second. Call it shortly before a press of Play. */
  readonly openAudio = (): unknown => this.#audio.open()

  /** The position that is heard now, in samples: more exact than `position`, which follows the mixer's reports. */
  heardPosition(): number {
    return this.#audio.heardPosition(this.practice.peek().tempo, this.loop.peek()) ?? this.position.peek()
  }

  #show(report: TimedReport): void {
    const song = this.song.peek()
    if (!song) return
    this.#audio.noteReport(report)
    this.#setStatus(report.status)
    this.position.value = report.position
    this.levels.value = report.levels
    this.practising.countPasses(report.passes)
    this.#loadBlocks()
    if (this.isOn.value) this.#playhead.sendSometimes(song, report.position)
  }

  #setStatus(kind: Status): void {
    const state = this.state.peek()
    if (state.kind !== 'closed' && state.kind !== kind) this.state.value = { kind, musicId: state.musicId }
  }

  /** The sound stopped from outside. It stays off until the next press of Play, even if it becomes available before. */
  #loseSound(): void {
    if (this.#isHeard && this.isOn.value) this.pauseBecause(SOUND_LOST)
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
    await Promise.all([needSegments(musicId), this.settings.load(musicId)])
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
      if (!this.isOpen(musicId)) this.position.value = this.starts.get(musicId) ?? 0
      this.state.value = { kind: 'paused', musicId }
      this.practising.open(musicId)
    })
    // The loop comes first: one that is set behind the playhead moves it.
    this.#audio.send({ kind: 'loop', loop: this.loop.value })
    this.#audio.send({ kind: 'seek', position: this.position.value })
    showFailure(output.setPractice(this.practice.value))
    this.#sendGains()
    this.#loadBlocks()
  }

  /** The mixer goes to the start of a loop that is set behind the playhead. The display does so at once. */
  #sendLoop(loop: Loop | null): void {
    this.#audio.send({ kind: 'loop', loop })
    const song = this.song.peek()
    if (song && loop && this.position.peek() >= loop.end) this.#showJump(song, loop.start)
  }

  #showJump(song: Song, position: number): void {
    this.position.value = position
    this.#loadBlocks()
    this.#playhead.send(song, position)
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
    this.practising.close()
  }

  /** Also an effect: the mix may change. */
  #sendGains(): void {
    const song = this.song.value
    if (song) this.#audio.send(gainsCommand(song.music, mixInForce(this.settings, song.music)))
  }
}
