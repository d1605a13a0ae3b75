import assert from 'node:assert/strict'
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The wall clock of processes that are started with `settings`; it can be stepped while they run. */
export type FakeClock = {
  settings: Record<string, string>
  /** So many hours ahead of the real one from now on. */
  set(hours: number): void
}

/** Gives `work` a clock that shows the right time at first. */
export async function withFakeClock<T>(work: (clock: FakeClock) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-clock-'))
  const path = join(folder, 'offset')
  const clock: FakeClock = {
    settings: {
      ...preloadFakeTime(),
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: '1', // without it a step takes effect after ten seconds
    },
    set(hours) {
      writeFileSync(`${path}.part`, `${hours < 0 ? '' : '+'}${hours}h\n`)
      renameSync(`${path}.part`, path)
    },
  }
  clock.set(0)
  try {
    return await work(clock)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The settings with which libfaketime fakes the wall clock, and no other. */
export function preloadFakeTime(): Record<string, string> {
  const library = readdirSync('/usr/lib')
    .map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`)
    .find(existsSync)
  assert.ok(library, 'faketime is installed')
  return { LD_PRELOAD: library, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}
