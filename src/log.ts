import { writeSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import { printable } from './platform/printable.ts'

export type Log = Logger

const LEVEL_NAMES: Record<number, string> = { 20: 'DEBUG', 30: 'INFO', 40: 'WARNING', 50: 'ERROR', 60: 'CRITICAL' }
const STDOUT = 1

/**
 * Opens the log of a process, on its standard output. `text` is one line such as `2026-06-05 17:27:51 - INFO - message`;
 * `json` is one object per line with the same facts as fields. Lines are written synchronously, so the last one before a crash
 * is not lost. Further lines of a message are indented, so that text from strangers cannot pass for a line of the log.
 */
export function openLog({ format, fields = {} }: { format: 'text' | 'json'; fields?: Record<string, unknown> }): Log {
  const options = { base: { pid: process.pid, ...fields }, level: 'info' }
  return pino(options, { write: (line: string) => writeLine(printable(format === 'json' ? line : textOf(line))) })
}

function textOf(line: string): string {
  const { level, msg, err } = JSON.parse(line) as { level: number; msg?: string; err?: { stack?: string } }
  const said = err?.stack ? `${msg ?? ''}\n${err.stack}` : (msg ?? '')
  return `${timestamp(new Date())} - ${LEVEL_NAMES[level] ?? level} - ${said.replaceAll('\n', '\n    ')}\n`
}

function timestamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  return `${day} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`
}

/** A full pipe gives EAGAIN: the line is then written later. A closed pipe gives EPIPE, which must not stop the work. */
function writeLine(line: string): void {
  try {
    writeSync(STDOUT, line)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN') process.stdout.write(line)
    else if (code !== 'EPIPE') throw error
  }
}
