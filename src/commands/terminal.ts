import { printable, printableLine } from '../platform/printable.ts'

/*
 * Only this file writes to standard output and standard error. File names, tags, titles of models and answers of servers come
 * from strangers, so control characters in them are escaped before they reach the terminal.
 */

export function print(line: string): void {
  write(process.stdout, `${printable(line)}\n`)
}

/** Prints one line of JSON. Control characters that JSON allows are escaped in JSON's way. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value))
}

export function printError(line: string): void {
  write(process.stderr, `${printable(line)}\n`)
}

/** Replaces the last line on standard error if that is a terminal. */
export function redraw(line: string): void {
  if (process.stderr.isTTY) write(process.stderr, `\r\x1b[2K${printableLine(line)}`)
}

/** The errors that occur when the reader has closed, such as `head` or a terminal. They end the output, not the work. */
const GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

/** Keeps the process alive when the reader of its output has closed. Call it once, before anything is printed. */
export function outliveReaders(): void {
  process.stderr.on('error', () => undefined) // there is nowhere else to report it
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (GONE.has(error.code)) return
    printError(`minus-one: standard output cannot be written: ${error.message}`)
    process.exitCode = 1
  })
}

function write(stream: NodeJS.WriteStream, text: string): void {
  if (!stream.destroyed) stream.write(text)
}
