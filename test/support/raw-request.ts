import { connect } from 'node:net'

/** Sends bytes to a server as they are. Resolves with everything that the server sends until the connection ends. */
export function sendRaw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.on('data', (more) => (text += String(more)))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
  })
}
