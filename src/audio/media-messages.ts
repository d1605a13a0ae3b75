import type { Span } from '../song/segment.ts'
import type { CodedFormat } from '../song/sound-formats.ts'

/** What is said between the server and its media child; sound itself goes over pipes. */

/** Empty where unknown. */
export type Tags = { title: string; artist: string; album: string }

export type Picture = { mime: 'image/jpeg' | 'image/png'; bytes: Buffer }

export type SoundInfo = {
  tags: Tags
  picture: Picture | null
  /** What a person should know of the file that shows before it is decoded. */
  notes: string[]
  /** What the file says of itself; may be far from the truth. */
  announcedSeconds: number | null
  sampleRate: number
  channels: number
  codec: string
  container: string
}

/** Which sound track of a file, from 1; null for the one that FFmpeg would choose. */
type Track = { track: number | null }

export type MediaTask =
  /** Another task with the same file may follow this one. */
  | ({ kind: 'probe'; path: string } & Track)
  /** PCM comes out of stdout. */
  | ({ kind: 'decode'; path: string; maxSeconds: number } & Track)
  /** PCM comes out of stdout; 44,100 Hz samples. */
  | ({ kind: 'excerpt'; path: string; excerpt: Span } & Track)
  /** PCM goes into stdin until it ends. */
  | { kind: 'encode'; path: string; format: CodedFormat; tags: Tags; picture: Picture | null }
  /** Blocks come as messages, one FLAC file each goes back; until the channel closes. */
  | { kind: 'blocks'; folder: string }

export type BlockRequest = { id: number; pcm: Uint8Array }
export type BlockReply = { id: number; flac: Uint8Array } | { id: number; fault: string }

/** Faults with a code are the file's, in words for a person; those with an errno(3) the machine's; others are ours. */
export type MediaReport =
  | { kind: 'info'; info: SoundInfo }
  | { kind: 'done'; warnings: string[] }
  | { kind: 'fault'; code: 'undecodable' | 'no-sound' | 'no-track' | 'too-long'; message: string }
  | { kind: 'fault'; code: null; errno: string | null; message: string }
