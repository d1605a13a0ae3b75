import type { ReadonlySignal } from '@preact/signals'

/** What the editor needs of the player. Times are of the song as recorded. */
export type EditorPlayer = {
  /** What is heard now. It is read in every frame. */
  positionMs(): number
  durationMs(): number
  isPlaying: ReadonlySignal<boolean>
  /** Whether the tempo can be changed: browsers allow that on secure pages only. */
  hasTempo: ReadonlySignal<boolean>
  play(): void
  pause(): void
  seek(ms: number): void
  /** @param tempo null as recorded */
  setTempo(tempo: number | null): void
  /** @param loop null plays on */
  setLoop(loop: { startMs: number; endMs: number } | null): void
}

/** The waveform of the voice stem. */
export type EditorVoice = {
  /** `bins` peaks, from 0 to 255, between two times; 0 where the voice is not separated yet. */
  peaks(range: { startMs: number; endMs: number; bins: number }): Promise<readonly number[]>
  /** Grows when more of the song is separated. */
  revision: number
}
