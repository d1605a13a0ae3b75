import type { MediaReport } from './media-messages.ts'

/** A fault of the file, not of the program. Its message is for the user. */
export class MediaFault extends Error {
  override name = 'MediaFault'
  readonly code: NonNullable<Extract<MediaReport, { kind: 'fault' }>['code']>

  constructor(code: MediaFault['code'], message: string) {
    super(message)
    this.code = code
  }
}
