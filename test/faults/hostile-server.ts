import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A false server. It sends a worker endless input for job 2, too little for job 3, and endless input
 * with the claim of job 4.
 */
export async function startHostileServer(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const jobId = Number(/\/job\/(\d+)/.exec(request.url ?? '')?.[1])
    if (request.url?.endsWith('/claim')) {
      const assignment = {
        jobId,
        songId: 1,
        attempt: 1,
        attemptToken: '12345678',
        segment: 0,
        modelId: 'none',
        inputBytes: 400_000,
        level: null,
      }
      if (jobId !== 4) return response.end(JSON.stringify(assignment))
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      response.write(`${JSON.stringify(assignment)}\n`)
    }
    if (jobId === 3) return response.end('short')
    const pour = setInterval(() => response.write(Buffer.alloc(1 << 16)), 1)
    return response.on('close', () => clearInterval(pour))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
