import { printable, printableLine } from '../song/printable.ts'

/*
 * Where commands write: the only place that writes to standard output and standard error. Names of files, tags, titles of
 * models and answers of servers come from others, so nothing in them reaches the terminal as a command.
 */

export function print(line: string): void {
  write(process.stdout, `${printable(line)}\n`)
}

/** One line of JSON. Characters that JSON lets through are escaped as JSON has it. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value))
}

export function printError(line: string): void {
  write(process.stderr, `${printable(line)}\n`)
}

/** Writes over the last line on standard error, where that is a terminal. */
export function redraw(line: string): void {
  if (process.stderr.isTTY) write(process.stderr, `\r\x1b[2K${printableLine(line)}`)
}

/** A reader that is gone, as `head` or a closed terminal, ends what is printed and not what is done. */
const GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

/** To be called once, before anything is printed. */
export function outliveReaders(): void {
  process.stderr.on('error', () => undefined) // there is no other place to say it
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (GONE.has(error.code)) return
    printError(`minus-one: standard output cannot be written: ${error.message}`)
    process.exitCode = 1
  })
}

function write(stream: NodeJS.WriteStream, text: string): void {
  if (!stream.destroyed) stream.write(text)
}
