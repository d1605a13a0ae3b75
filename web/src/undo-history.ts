import { computed, type ReadonlySignal, signal } from '@preact/signals'

/**
 * A change that can be taken back and made again.
 * @property label what was changed, such as "loudness of drums"
 * @property isPossible whether its song is still there. Other steps are passed over; without it a step is always possible
 * @property mergeKey steps with the same key that follow each other quickly are one: a drag of a fader
 */
export type Step = {
  label: string
  undo(): unknown
  redo(): unknown
  isPossible?: () => boolean
  mergeKey?: string
}

type Entry = { step: Step; place: number; at: number }

const MAX_STEPS = 100
const MERGE_WITHIN_MS = 1_000

/** The last changes of this page, oldest first, and those that were taken back. */
export class UndoHistory {
  readonly #done = signal<readonly Entry[]>([])
  readonly #undone = signal<readonly Entry[]>([])
  readonly #now: () => number
  #places = 0
  /** The step under way. The next one waits for it, because both may concern one song on the server. */
  #work: Promise<unknown> = Promise.resolve()

  /** What `undo` would take back; null if there is nothing. */
  readonly canUndo: ReadonlySignal<string | null> = computed(() => newest(this.#done.value)?.step.label ?? null)
  /** What `redo` would do again; null if there is nothing. */
  readonly canRedo: ReadonlySignal<string | null> = computed(() => newest(this.#undone.value)?.step.label ?? null)

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A place for a step that the server has to confirm first, so that steps stay in the order in which they were asked for. */
  reserve(): number {
    return ++this.#places
  }

  /** @param place from `reserve` */
  add(step: Step, place: number = this.reserve()): void {
    const done = this.#done.peek()
    const last = done.at(-1)
    const at = this.#now()
    this.#undone.value = []
    if (last && isOneWith(last, step, at)) {
      const { undo } = last.step
      this.#done.value = [...done.slice(0, -1), { step: { ...step, undo }, place: last.place, at }]
      return
    }
    const sorted = [...done, { step, place, at }].sort((a, b) => a.place - b.place)
    this.#done.value = sorted.slice(-MAX_STEPS)
  }

  /** Takes the last step back. Rejects if that fails; the step is forgotten then. */
  async undo(): Promise<void> {
    const entry = newest(this.#done.peek())
    if (entry) await this.#undo(entry)
  }

  /** Takes one step back, whatever came after it. Does nothing if it is not there any more. */
  async undoStep(step: Step): Promise<void> {
    const entry = this.#done.peek().find((each) => each.step === step)
    if (entry) await this.#undo(entry)
  }

  async redo(): Promise<void> {
    const entry = newest(this.#undone.peek())
    if (!entry) return
    // Changes after it are steps of their own.
    const again = { ...entry, place: this.reserve(), at: Number.NEGATIVE_INFINITY }
    this.#undone.value = this.#undone.peek().filter((each) => each !== entry)
    this.#done.value = [...this.#done.peek(), again]
    await this.#run(entry.step.redo, () => {
      this.#done.value = this.#done.peek().filter((each) => each !== again)
    })
  }

  clear(): void {
    this.#done.value = []
    this.#undone.value = []
  }

  async #undo(entry: Entry): Promise<void> {
    this.#done.value = this.#done.peek().filter((each) => each !== entry)
    this.#undone.value = [...this.#undone.peek(), entry]
    await this.#run(entry.step.undo, () => {
      this.#undone.value = this.#undone.peek().filter((each) => each !== entry)
    })
  }

  async #run(change: () => unknown, onFailure: () => void): Promise<void> {
    const work = this.#work.then(change)
    this.#work = work.catch(onFailure)
    await work
  }
}

/** The history of this page. */
export const undoHistory = new UndoHistory()

function newest(entries: readonly Entry[]): Entry | undefined {
  return entries.findLast(({ step }) => step.isPossible?.() ?? true)
}

function isOneWith({ step, at }: Entry, next: Step, now: number): boolean {
  return step.mergeKey !== undefined && step.mergeKey === next.mergeKey && now - at < MERGE_WITHIN_MS
}
