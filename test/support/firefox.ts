import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './wait.ts'
import { openBidi } from './web-driver-bidi.ts'

const FIREFOX = '/usr/bin/firefox-esr'
const PULSE_AUDIO = '/usr/bin/pulseaudio'
const START_MS = 60_000

/** Sound without a press, and no requests of Firefox's own. */
const PREFERENCES = `
user_pref("media.autoplay.default", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
`

export type FirefoxPage = {
  goto(url: string): Promise<void>
  /** The value of a JavaScript expression, or of the promise that it gives. */
  evaluate<T>(expression: string): Promise<T>
  /** Presses the middle of the element that an expression gives, by real mouse events. */
  click(expression: string): Promise<void>
  /** Presses and releases a key; a name of WebDriver's code points or a character. */
  press(key: string): Promise<void>
  /** Chooses a file in a file picker. */
  chooseFile(expression: string, path: string): Promise<void>
}

export type Firefox = { page: FirefoxPage; errors: string[]; close(): Promise<void> }

/** Starts Debian's Firefox without a window, and drives it by WebDriver BiDi (W3C), because Debian packages no geckodriver. */
export async function openFirefox(): Promise<Firefox> {
  if (!existsSync(FIREFOX)) throw new Error("Firefox is not installed: run 'apt-get install firefox-esr'.")
  if (!existsSync(PULSE_AUDIO)) throw new Error("PulseAudio is not installed: run 'apt-get install pulseaudio'.")
  const profile = await mkdtemp(join(tmpdir(), 'minus-one-firefox-'))
  await writeFile(join(profile, 'user.js'), PREFERENCES)
  const sound = await startSound(profile)
  const child = spawn(FIREFOX, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0'], {
    env: { PATH: process.env['PATH'], HOME: profile, PULSE_SERVER: sound.server },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const close = async (): Promise<void> => {
    for (const each of [child, sound.child]) await end(each)
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const bidi = await openBidi(await addressOf(child))
    return { page: bidi.page, errors: bidi.errors, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Firefox writes the address of its WebDriver BiDi to standard error. */
function addressOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let text = ''
  const timer = setTimeout(() => reject(new Error(`Firefox did not start:\n${text}`)), START_MS)
  child.stderr?.on('data', (bytes) => {
    text += String(bytes)
    const address = /WebDriver BiDi listening on (ws:\S+)/.exec(text)?.[1]
    if (address) resolve(address)
  })
  child.once('exit', () => reject(new Error(`Firefox ended:\n${text}`)))
  return promise.finally(() => clearTimeout(timer))
}

/** Without a sound card Firefox never starts an AudioContext. PulseAudio gives it one that nobody hears. */
async function startSound(folder: string): Promise<{ child: ChildProcess; server: string }> {
  const socket = join(folder, 'sound.socket')
  const modules = ['module-null-sink', `module-native-protocol-unix socket=${socket} auth-anonymous=1`]
  const flags = ['-n', '--daemonize=no', '--exit-idle-time=-1', ...modules.map((each) => `--load=${each}`)]
  const child = spawn(PULSE_AUDIO, flags, {
    env: { PATH: process.env['PATH'], HOME: folder, XDG_RUNTIME_DIR: folder },
    stdio: 'ignore',
  })
  await until('PulseAudio is there', () => existsSync(socket))
  return { child, server: `unix:${socket}` }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  if (child.exitCode === null && child.kill()) await ended
}
