const NAME = 'Demo - Minus One.wav'

/** Makes the demo song in a worker of its own: it takes a second, in which the page must not stand still. */
export function makeDemoSong(): Promise<File> {
  const { promise, resolve, reject } = Promise.withResolvers<File>()
  const worker = new Worker(new URL('./demo-song-worker.ts', import.meta.url), { type: 'module' })
  worker.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => resolve(new File([data], NAME, { type: 'audio/wav' }))
  worker.onerror = () => reject(new Error('This browser could not make the demo song. Add a song of your own.'))
  return promise.finally(() => worker.terminate())
}
