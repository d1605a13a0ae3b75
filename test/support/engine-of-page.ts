import type { Engine } from '../../web/src/player/stretcher.ts'
import { until } from './wait.ts'

/** Loads the page's time stretcher into a fake AudioWorklet. */
export async function openStretchEngine(): Promise<Engine> {
  const scope = globalThis as Record<string, unknown>
  let Processor: (new (options: unknown) => unknown) | null = null
  scope['sampleRate'] = 44_100
  scope['currentTime'] = 0
  scope['AudioWorkletProcessor'] = class {
    readonly port = { postMessage: () => undefined, onmessage: null }
  }
  scope['registerProcessor'] = (_name: string, captured: new (options: unknown) => unknown) => {
    Processor = captured
  }
  await import('../../web/src/player/engine/worklet.ts')
  if (!Processor) throw new Error('The library registered no processor.')
  ;new (Processor as new (options: unknown) => unknown)({ numberOfOutputs: 1, outputChannelCount: [2] })
  const engine = () => (scope['stretchEngine'] as (() => Engine | null) | undefined)?.() ?? null
  await until('the engine is compiled', async () => engine() !== null)
  const found = engine()
  if (!found) throw new Error('The engine went away.')
  return found
}
