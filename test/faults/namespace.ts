import { spawn, spawnSync } from 'node:child_process'

const INSIDE = 'MINUS_ONE_FAULTS_INSIDE'

/**
 * Runs `main` in network and mount namespaces of its own (unshare(1), needs root), so that its loopback, cables and mounts
 * belong to it alone. This process starts itself again inside, and ends with the exit code of that one.
 */
export async function inNamespaces(main: () => Promise<number>): Promise<void> {
  if (process.env[INSIDE]) {
    if (spawnSync('ip', ['link', 'set', 'lo', 'up']).status !== 0)
      throw new Error('The loopback cannot be set up: run this as root.')
    process.exit(await main())
  }
  const itself = ['--net', '--mount', process.execPath, ...process.argv.slice(1)]
  const child = spawn('unshare', itself, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`unshare could not be started (${error.message}); faults are injected as root, with util-linux.`)
    process.exit(1)
  })
  child.on('exit', (code) => process.exit(code ?? 1))
}
