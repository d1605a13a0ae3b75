import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { Music } from '../../src/listen/schemas.ts'

const PIECES = 20

/** Uploads a song as a page on a slow connection does, within so many seconds. Rejects when the song is refused. */
export async function uploadSlowly(
  url: string,
  bytes: Buffer,
  { fileName, arrival, seconds }: { fileName: string; arrival: string; seconds: number },
): Promise<Music> {
  const upload = request(`${url}/music?${new URLSearchParams({ filename: fileName, arrival })}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'content-length': bytes.length },
  })
  const answer = new Promise<Music>((resolve, reject) => {
    upload.on('error', reject)
    upload.on('response', (response) => {
      const isTaken = response.statusCode === 200
      json(response).then(
        (body) => (isTaken ? resolve(body as Music) : reject(new Error(JSON.stringify(body)))),
        reject,
      )
    })
  })
  let isOver = false
  const over = () => {
    isOver = true
  }
  answer.then(over, over)
  const size = Math.ceil(bytes.length / PIECES)
  for (let at = 0; at < bytes.length && !isOver; at += size) {
    upload.write(bytes.subarray(at, at + size))
    await setTimeout((1000 * seconds) / PIECES)
  }
  upload.end()
  return answer
}
