import { signal } from '@preact/signals'
import type { EditorPlayer } from '../../../../web/src/lyrics/editor/editor-player.ts'

/** A player whose clock the test sets. It notes what it is asked for. */
export class FakeEditorPlayer implements EditorPlayer {
  readonly isPlaying = signal(false)
  readonly hasTempo = signal(true)
  readonly asked: string[] = []
  ms = 0

  positionMs(): number {
    return this.ms
  }

  durationMs(): number {
    return 60_000
  }

  play(): void {
    this.isPlaying.value = true
  }

  pause(): void {
    this.isPlaying.value = false
  }

  seek(ms: number): void {
    this.ms = ms
    this.asked.push(`seek ${ms}`)
  }

  setTempo(tempo: number | null): void {
    this.asked.push(`tempo ${tempo}`)
  }

  setLoop(loop: { startMs: number; endMs: number } | null): void {
    this.asked.push(`loop ${loop ? `${loop.startMs}-${loop.endMs}` : null}`)
  }
}
