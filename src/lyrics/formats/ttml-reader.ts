import { UserError } from '../../song/errors.ts'
import type { LyricsLine } from '../../song/lyrics.ts'
import { languageOf, newLine, type ReaderOptions, type TextOfFile } from './text-of-file.ts'
import { clockOf, type TtmlClock, timesOf } from './ttml-times.ts'
import { type TtmlRun, wordsOfRuns } from './ttml-words.ts'
import { elementsNamed, readXml, textOfElement, type XmlElement, type XmlNode } from './xml-reader.ts'

/** Roles that repeat the words in another language or script. */
const NOT_SUNG = /\bx-(?:translation|roman)/

type Place = { clock: TtmlClock; originMs: number; parts: Parts }
/** The words of a line, and those of the voices in its background, which are lines of their own. */
type Parts = { runs: TtmlRun[]; background: TtmlRun[] }

/**
 * TTML (W3C) as lyrics are written in it: a `<p>` is a line, `<span>` with times are words; spans that touch are syllables of one
 * word, and so are spans inside a span. `ttm:agent` names the singer, spans of ruby are readings.
 */
export function readTtml(text: string, { language: chosen }: ReaderOptions): TextOfFile {
  const root = readXml(text)
  if (root.name !== 'tt')
    throw new UserError('This XML file is not TTML: its root is not <tt>.', { code: 'bad-lyrics' })
  const clock = clockOf(root)
  const bodies = elementsNamed(root, 'body')
  const language = languageOf({
    chosen,
    declared: root.attributes.get('lang') ?? null,
    text: bodies.map(textOfElement).join('\n'),
  })
  const lines = bodies.flatMap((body) => linesBelow(body, { clock, originMs: 0, language, singer: null }))
  return { language, lines: withNames(lines, namesOfAgents(root)) }
}

type Context = { clock: TtmlClock; originMs: number; language: string | null; singer: string | null }

function linesBelow(element: XmlElement, context: Context): LyricsLine[] {
  const { clock, originMs, language } = context
  const singer = element.attributes.get('agent') ?? context.singer
  const times = timesOf(element, { clock, originMs })
  const childOriginMs = clock.isRelative ? (times.beginMs ?? originMs) : 0
  if (element.name !== 'p') {
    return element.children.flatMap((child) => {
      return typeof child === 'string' ? [] : linesBelow(child, { ...context, originMs: childOriginMs, singer })
    })
  }
  const parts: Parts = { runs: [], background: [] }
  for (const child of element.children) addRuns(child, { clock, originMs: childOriginMs, parts })
  const line = newLine({
    words: wordsOfRuns(parts.runs, { language, lineEndMs: times.endMs }),
    startMs: times.beginMs,
    endMs: times.endMs,
    singer,
  })
  if (parts.background.length === 0) return [line]
  const words = wordsOfRuns(parts.background, { language, lineEndMs: times.endMs })
  return [line, newLine({ words, startMs: words[0]?.startMs ?? times.beginMs, endMs: null, singer })]
}

function addRuns(node: XmlNode, place: Place): void {
  const { clock, originMs, parts } = place
  if (typeof node === 'string') {
    parts.runs.push({ text: node, times: null, reading: null, syllables: null })
    return
  }
  const role = node.attributes.get('role') ?? ''
  if (node.name === 'br') parts.runs.push({ text: ' ', times: null, reading: null, syllables: null })
  if (node.name !== 'span' || NOT_SUNG.test(role)) return
  const times = timesOf(node, { clock, originMs })
  const inside = clock.isRelative ? (times.beginMs ?? originMs) : 0
  if (role.includes('x-bg')) {
    const background: Parts = { runs: [], background: [] }
    for (const child of node.children) addRuns(child, { clock, originMs: inside, parts: background })
    parts.background.push(...background.runs, { text: ' ', times: null, reading: null, syllables: null })
    return
  }
  const children = node.children.filter((child) => typeof child !== 'string')
  const isContainer = children.some((child) => /^(?:base|text)/.test(child.attributes.get('ruby') ?? ''))
  const syllables = children.filter((child) => timesOf(child, { clock, originMs: inside }).beginMs !== null)
  if (!isContainer && times.beginMs === null) {
    for (const child of node.children) addRuns(child, { clock, originMs: inside, parts })
    return
  }
  const texts = isContainer
    ? children.filter((child) => child.attributes.get('ruby')?.startsWith('base'))
    : node.children
  const readings = isContainer ? children.filter((child) => child.attributes.get('ruby')?.startsWith('text')) : []
  parts.runs.push({
    text: texts.map(textOfElement).join(''),
    times: times.beginMs === null ? null : { beginMs: times.beginMs, endMs: times.endMs },
    reading: readings.map(textOfElement).join('') || null,
    syllables:
      isContainer || syllables.length === 0
        ? null
        : syllables.map((child) => ({
            text: textOfElement(child),
            beginMs: timesOf(child, { clock, originMs: inside }).beginMs ?? 0,
            endMs: timesOf(child, { clock, originMs: inside }).endMs,
          })),
  })
}

function namesOfAgents(root: XmlElement): Map<string, string> {
  const agents = elementsNamed(root, 'agent').map((agent): [string, string] => {
    return [agent.attributes.get('id') ?? '', elementsNamed(agent, 'name').map(textOfElement).join(' ').trim()]
  })
  return new Map(agents.filter(([, name]) => name !== ''))
}

/** A song that one singer without a name sings has no singers. */
function withNames(lines: readonly LyricsLine[], names: ReadonlyMap<string, string>): LyricsLine[] {
  const ids = new Set(lines.map(({ singer }) => singer))
  const [only] = ids
  const isOneForAll = ids.size === 1 && only !== null && only !== undefined && !names.has(only)
  return lines.map((line) => ({ ...line, singer: isOneForAll ? null : (names.get(line.singer ?? '') ?? line.singer) }))
}
