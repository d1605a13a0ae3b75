/** What is being done for a song's lyrics, as people see it. Without work there is none. */
export type LyricsWork = {
  /** align: a text gets its times; transcribe: the text is heard. */
  kind: 'align' | 'transcribe'
  state: 'waiting' | 'running' | 'failed'
  /** Jobs that are done, and those that are expected. Both are 0 while nothing is known. */
  done: number
  total: number
  /** Why it failed, or what it waits for. */
  reason: string | null
}

/** What can be asked of workers for a song's lyrics. */
export type LyricsWorkRequest = { kind: 'align' | 'transcribe'; language: string | null }
