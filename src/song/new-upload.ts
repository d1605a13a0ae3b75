import type { Readable } from 'node:stream'

/** The place of an upload among those that a person has chosen together. @property number from 1 to `count` */
export type UploadPlace = { batch: string; number: number; count: number }

/** An upload that begins: its bytes, and what its sender says of them. */
export type NewUpload = {
  body: Readable
  fileName: string
  /** Undefined: the server's default model. */
  model: string | undefined
  /** The audio track in the file, from 1; null for FFmpeg's choice. */
  soundTrack: number | null
  /** The sender's name for this upload, if it wants to hear the song before the last byte (progressive upload). */
  uploadName: string | undefined
  /** Null: the upload belongs to no others. */
  place: UploadPlace | null
  /** The length of the upload; null if the sender does not state it. */
  expectedBytes: number | null
}
