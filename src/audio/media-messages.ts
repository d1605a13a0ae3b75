import type { Practice } from '../song/practice-settings.ts'
import type { Span } from '../song/segment.ts'
import type { CodedFormat } from '../song/sound-formats.ts'

/* Messages between this process and a media process. Sound itself goes through pipes. */

/** A text is empty when it is unknown. */
export type Tags = { title: string; artist: string; album: string }

export type Picture = { mime: 'image/jpeg' | 'image/png'; bytes: Buffer }

export type SoundInfo = {
  tags: Tags
  picture: Picture | null
  /** Warnings for the user that are known before the file is decoded. */
  notes: string[]
  /** The length that the file states, which may be wrong; null when it states none. */
  announcedSeconds: number | null
  sampleRate: number
  channels: number
  codec: string
  container: string
}

/** Which sound track of a file, from 1; null for FFmpeg's choice. */
type SoundTrack = { soundTrack: number | null }

export type MediaTask =
  /** The process may get one more task with the same file. */
  | ({ kind: 'probe'; path: string } & SoundTrack)
  /** PCM comes out of stdout. */
  | ({ kind: 'decode'; path: string; maxSeconds: number } & SoundTrack)
  /** PCM comes out of stdout. The excerpt is in 44,100 Hz samples. */
  | ({ kind: 'excerpt'; path: string; excerpt: Span } & SoundTrack)
  /** PCM goes into stdin. The end of stdin finishes the file. */
  | { kind: 'encode'; path: string; format: CodedFormat; tags: Tags; picture: Picture | null }
  /** PCM goes into stdin, and comes out of stdout in another key and tempo. `samples` is the length of what goes in. */
  | ({ kind: 'stretch'; samples: number } & Practice)
  /** Blocks come as `BlockRequest`, and each gets a `BlockReply`, until the channel closes. */
  | { kind: 'blocks'; folder: string }

export type BlockRequest = { id: number; pcm: Uint8Array }
export type BlockReply = { id: number; flac: Uint8Array } | { id: number; fault: string }

/**
 * A fault with `code` is a fault of the file, and its text is a message for the user. A fault with `errno` (errno(3)) is a
 * fault of the machine. Any other fault is a defect of the program.
 */
export type MediaReport =
  | { kind: 'info'; info: SoundInfo }
  | { kind: 'done'; warnings: string[] }
  | { kind: 'fault'; code: 'undecodable' | 'no-sound' | 'no-track' | 'too-long'; message: string }
  | { kind: 'fault'; code: null; errno: string | null; message: string }
