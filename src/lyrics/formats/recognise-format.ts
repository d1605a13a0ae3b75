import { looksLikeLrc } from './lrc-reader.ts'
import { looksLikeUltraStar } from './ultrastar-reader.ts'

export type ReadableFormat = 'lrc' | 'srt' | 'vtt' | 'ttml' | 'ultrastar' | 'txt'

const HINTS: Readonly<Record<string, ReadableFormat>> = {
  lrc: 'lrc',
  srt: 'srt',
  vtt: 'vtt',
  ttml: 'ttml',
  dfxp: 'ttml',
}
const CUE_TIMES = /^[ \t]{0,20}(?:\d{1,3}:)?\d{1,2}:\d{1,2}(?:[.,:]\d{1,3})?[ \t]{0,20}-->/m

/** The format of a text by what it contains; where that says nothing, by the name of its file. */
export function recogniseFormat(text: string, fileName: string | null): ReadableFormat {
  const start = text.slice(0, 4_000).trimStart()
  if (/^WEBVTT(?:\s|$)/.test(start)) return 'vtt'
  if (start.startsWith('<') && /<(?:\w{1,20}:)?tt[\s>]/.test(start)) return 'ttml'
  if (looksLikeUltraStar(text)) return 'ultrastar'
  if (looksLikeLrc(text)) return 'lrc'
  if (CUE_TIMES.test(text)) return 'srt'
  const hint = HINTS[/\.([a-z]+)$/i.exec(fileName ?? '')?.[1]?.toLowerCase() ?? '']
  return hint === 'ttml' && !start.startsWith('<') ? 'txt' : (hint ?? 'txt')
}
