import type { Readable } from 'node:stream'
import type { CodedFormat } from '../audio/media-messages.ts'
import type { Assignment, Claim, Failure } from '../song/messages.ts'
import type { PassingFault } from '../song/passing-fault.ts'
import type { Mix, StoredFile } from '../store/files.ts'
import type { Folders } from '../store/paths.ts'
import type { Song } from '../store/songs.ts'
import type { Answering } from './answers.ts'
import type { EventStream } from './events.ts'
import type { Health, ModelAnswer, WorkerAnswer } from './schemas.ts'

export type Incoming = {
  body: Readable
  fileName: string
  /** The server's own choice where none is named. */
  model: string | undefined
  /** Which sound track of the file, from 1; null for the one that the decoder chooses. */
  track: number | null
  /** What the sender calls this upload, where it wants to hear of the song before its last byte. */
  arrival: string | undefined
  /** Where the sender says so. */
  expectedBytes: number | null
}

/** What the rest of the server does for those who call over HTTP. `commands/serve.ts` puts it together. */
export type Services = Answering & {
  folders: Folders
  events: EventStream
  version: string
  models(): ModelAnswer[]
  health(): Health
  /** In the Prometheus text format. */
  metrics(): Promise<{ type: string; text: string }>
  /** What keeps the server from its work for now, if an error comes of that; null for defects and for people's mistakes. */
  passingFaultOf(error: unknown): PassingFault | null
  /** The same, looked for now: nothing can be written while it lasts. */
  whyNotWritable(): PassingFault | null
  noteRequest(request: { route: string; method: string; status: number; seconds: number }): void
  workers(): WorkerAnswer[]

  // Whatever takes room on the disk throws a UserError (507) where there is none.

  /** Throws a UserError when the bytes are no song that this server takes. */
  receive(incoming: Incoming): Promise<Song>
  keep(song: Song, kept: readonly number[]): Promise<void>
  /** Somebody has opened the page, or hears what happens otherwise. */
  expectListener(): void
  /** Somebody listens to this place of a song. */
  listen(song: Song, playhead: { seconds: number; listener: string }): void
  /** False when the song has not failed. */
  retry(songId: number): Promise<boolean>
  /** A mix of a separated song; the file is ready soon. */
  mix(song: Song, mix: Mix): Promise<StoredFile>
  rename(song: Song, names: { title?: string | undefined; band?: string | undefined }): Promise<void>
  /** False when there is no such song. */
  deleteSong(songId: number): Promise<boolean>
  /** Undefined when it was not deleted, or longer ago than deleted songs are kept. */
  restoreSong(songId: number): Promise<Song | undefined>
  reset(): Promise<void>
  /**
   * The FLAC of one final block of one stem; null until it is final. Throws a UserError (429) when too many are asked for.
   * @param signal aborted when nobody waits for it any more, or has all of it
   */
  block(block: { song: Song; trackId: number; segment: number; signal: AbortSignal }): Promise<Buffer | null>
  /** Resolves when a song's files may be heard: after a start they are held against the ledger first. */
  whenChecked(songId: number): Promise<void>
  /** Of every track by its id, 0 to 255, `bins` over a part of the song, in seconds; 0 where it is not separated yet. */
  peaks(song: Song, range: { bins: number; from: number; to?: number | undefined }): Promise<Map<number, number[]>>
  /** The path of a ready file in another format than WAV, rendered when first asked for. Throws as `block` does. */
  render(file: StoredFile, format: CodedFormat, signal: AbortSignal): Promise<string>

  claim(
    jobId: number,
    claim: Claim,
  ): Promise<{ status: 200; assignment: Assignment } | { status: 403 | 410; reason: string }>
  /** 16-bit PCM of the attempt's whole input. */
  input(jobId: number, attemptToken: string): Promise<Buffer | 'unknown' | 'gone'>
  /** The text of the model.json of the attempt's model. */
  model(jobId: number, attemptToken: string): Promise<string | 'unknown' | 'gone'>
  /** Where one of its graphs lies. */
  graph(jobId: number, attemptToken: string, sha256: string): { path: string } | 'unknown' | 'gone'
  saveResult(result: {
    jobId: number
    attemptToken: string
    bytes: number
    seconds: number
    body: Readable
  }): Promise<'accepted' | 'duplicate' | 'gone' | 'unknown'>
  fail(jobId: number, attemptToken: string, failure: Failure): 'noted' | 'gone' | 'unknown'
}
