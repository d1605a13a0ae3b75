import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './ports.ts'
import { reachable } from './rabbitmq.ts'

const NGINX = '/usr/sbin/nginx'
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

export type Nginx = {
  port: number
  /** A self-signed certificate for localhost. */
  certificate: string
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

/**
 * Starts Debian's nginx on a free port of loopback with one server block. It does not touch the system's service.
 * @param configure returns the server block, which may name the certificate and its key
 */
export async function startNginx(
  configure: (own: { port: number; certificate: string; key: string }) => string,
): Promise<Nginx> {
  if (!existsSync(NGINX)) throw new Error("nginx is not installed: run 'apt-get install nginx-light'.")
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-nginx-'))
  await chmod(folder, 0o755) // its workers are another user
  const port = await freePort()
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await makeCertificate(certificate, key)
  const configuration = join(folder, 'nginx.conf')
  await writeFile(
    configuration,
    `daemon off; pid ${folder}/pid; error_log stderr warn; events {}
    http {
      access_log off;
      include /etc/nginx/mime.types;
      ${TEMPORARY.map((what) => `${what}_temp_path ${folder}/${what};`).join(' ')}
      ${configure({ port, certificate, key })}
    }`,
  )
  const server: ChildProcess = spawn(NGINX, ['-p', folder, '-e', 'stderr', '-c', configuration], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  server.stderr?.on('data', (bytes) => (said += String(bytes)))
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const remove = async (): Promise<void> => {
    server.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const died = ended.then(() => {
    throw new Error(`nginx ended: ${said}`)
  })
  died.catch(() => undefined)
  try {
    await Promise.race([reachable(port), died])
  } catch (error) {
    await remove()
    throw error
  }
  return { port, certificate, remove }
}

/** Makes a certificate for the names and addresses of loopback and for songs.test, which only a proxy resolves. */
export async function makeCertificate(certificate: string, key: string): Promise<void> {
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost'
  const names = ['-addext', 'subjectAltName=DNS:localhost,DNS:songs.test,IP:127.0.0.1,IP:::1']
  await promisify(execFile)('openssl', [...words.split(' '), ...names, '-keyout', key, '-out', certificate])
}
