import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { UserError } from '../../song/errors.ts'
import { FormFields } from '../schemas.ts'

const MAX_FIELDS = 16
const MAX_FIELD_BYTES = 64 * 1024
/** The most bytes before the form's file: all its fields, each with a head of its own. */
const MAX_BYTES_BEFORE_FILE = 2 * MAX_FIELDS * MAX_FIELD_BYTES
/** The form's parser must finish within this time after the last byte of the request. */
const FORM_ENDS_WITHIN_MS = 1_000

export const FORM_LIMITS = {
  files: 1,
  fields: MAX_FIELDS,
  fieldSize: MAX_FIELD_BYTES,
  fileSize: Number.MAX_SAFE_INTEGER,
}

/** The song's bytes as a stream, with the name and the fields of the form. Throws a UserError for a broken or empty form. */
export async function bodyOf(request: FastifyRequest): Promise<{ body: Readable; name: string; fields: FormFields }> {
  if (!request.isMultipart()) {
    return { body: (request.body as Readable | undefined) ?? request.raw, name: '', fields: {} }
  }
  const { raw } = request
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => undefined)
  // The form's parser waits for ever if a form ends within the head of a part.
  raw.once('end', () => setTimeout(() => broken.reject(brokenForm()), FORM_ENDS_WITHIN_MS).unref())
  const asked = request.file()
  let bytes = 0
  const count = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes > MAX_BYTES_BEFORE_FILE) broken.reject(endlessForm(raw))
  }
  raw.on('data', count)
  const part = await Promise.race([asked, broken.promise]).finally(() => raw.off('data', count))
  if (!part) throw new UserError('The form holds no file. Send the song in a field of it.', { code: 'empty' })
  broken.promise.catch((error: Error) => void (part.file.readableEnded || part.file.destroy(error)))
  return { body: part.file, name: (part.filename as string | undefined) ?? '', fields: fieldsOf(part) }
}

/** Replaces errors of the form's parser, which have no code, by a UserError. Other errors stay as they are. */
export function wordFormFault(error: unknown): unknown {
  return typeof (error as { code?: unknown }).code === 'string' ? error : brokenForm(error)
}

function fieldsOf({ file, fields }: MultipartFile): FormFields {
  const values = Object.entries(fields).flatMap(([name, field]) => {
    return field && 'value' in field ? [[name, field.value] as const] : []
  })
  const read = FormFields.safeParse(Object.fromEntries(values))
  if (read.success) return read.data
  file.resume() // many clients read the answer only after they have sent the whole body
  const [issue] = read.error.issues
  throw new UserError(`The form's field ${issue?.path.join('.')}: ${issue?.message}.`, { code: 'bad-request' })
}

/** The error for a form without a file so far. Stops reading, because such a form may never end. */
function endlessForm(raw: IncomingMessage): UserError {
  raw.unpipe()
  return new UserError(
    `The form has more than ${MAX_BYTES_BEFORE_FILE >> 20} MiB before its file. Send the song as its first field.`,
    { code: 'form-too-large' },
  )
}

function brokenForm(cause?: unknown): UserError {
  return new UserError(
    'The form is broken. Send the song in one field of multipart/form-data, or as the body itself.',
    { code: 'broken-form', cause },
  )
}
