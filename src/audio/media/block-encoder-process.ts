import type { ChildProcess } from 'node:child_process'
import type { BlockReply, BlockRequest } from '../media-messages.ts'
import type { MediaPool } from './media-pool.ts'
import { startMedia } from './media-process.ts'

const IDLE_MS = 30_000

type Pending = { resolve(flac: Buffer): void; reject(error: Error): void }

/** Sends blocks of stems to one media process, which encodes them as FLAC. The process ends after IDLE_MS without a request. */
export class BlockEncoderProcess {
  readonly #folder: string
  readonly #mediaPool: MediaPool | undefined
  readonly #pending = new Map<number, Pending>()
  #child: ChildProcess | null = null
  #idle: NodeJS.Timeout | null = null
  #lastId = 0

  /** @param folder for files that live as long as one encoding */
  constructor({ folder, mediaPool }: { folder: string; mediaPool?: MediaPool }) {
    this.#folder = folder
    this.#mediaPool = mediaPool
  }

  /** Starts the process before its first block is needed. Otherwise the listener would wait 0.1 s for it. */
  wake(): ChildProcess {
    this.#child ??= this.#start()
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.close(), IDLE_MS)
    this.#idle.unref()
    return this.#child
  }

  encode(pcm: Buffer): Promise<Buffer> {
    const child = this.wake()
    const request: BlockRequest = { id: ++this.#lastId, pcm }
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject })
      child.send(request)
    })
  }

  close(): void {
    if (this.#idle) clearTimeout(this.#idle)
    this.#child?.kill('SIGKILL')
    this.#child = null
  }

  #start(): ChildProcess {
    const { child, done } = startMedia({ task: { kind: 'blocks', folder: this.#folder }, mediaPool: this.#mediaPool })
    done.catch(() => undefined) // every pending block is rejected below
    child.on('message', (reply: BlockReply | { kind: string }) => {
      if ('id' in reply) this.#settle(reply)
    })
    child.on('disconnect', () => {
      if (this.#child === child) this.#child = null
      for (const { reject } of this.#pending.values()) reject(new Error('The FLAC encoder has ended.'))
      this.#pending.clear()
    })
    return child
  }

  #settle(reply: BlockReply): void {
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('fault' in reply) pending?.reject(new Error(`A block could not be encoded: ${reply.fault}`))
    else pending?.resolve(Buffer.from(reply.flac.buffer, reply.flac.byteOffset, reply.flac.length))
  }
}
