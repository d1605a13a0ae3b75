import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/* Processes as proc(5) shows them. For a process that has ended the answers are null or empty. */

/** The place of `nice` among the fields of proc(5)'s stat that follow the name. */
const NICE_AFTER_NAME = 16

export function allPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
}

/** The command line of a process, or the title that it gave itself. */
export function titleOf(pid: number): string {
  return textOf(pid, 'cmdline')
}

export function environmentOf(pid: number): string[] {
  return textOf(pid, 'environ').split('\0')
}

export function parentOf(pid: number): number | null {
  return fieldOf(pid, 'PPid')
}

export function nicenessOf(pid: number): number | null {
  const [, fields] = textOf(pid, 'stat').split(') ') // behind the name, which may hold spaces
  return fields === undefined ? null : Number(fields.split(' ')[NICE_AFTER_NAME])
}

/** The memory of a process in bytes: resident now (VmRSS), its peak (VmHWM), or its data segment (VmData). */
export function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM' | 'VmData'): number | null {
  const kilobytes = fieldOf(pid, what)
  return kilobytes === null ? null : kilobytes * 1024
}

/** The one of these processes that has a port open. */
export function ownerOfPort(port: number, pids: readonly number[]): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const fields = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, local]) => local?.endsWith(`:${hex}`))
  return pids.find((pid) => openFilesOf(pid).includes(`socket:[${fields?.[9]}]`))
}

function openFilesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}

function fieldOf(pid: number, name: string): number | null {
  const value = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(textOf(pid, 'status'))?.[1]
  return value === undefined ? null : Number(value)
}

function textOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch {
    return ''
  }
}
