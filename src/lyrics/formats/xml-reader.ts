import { UserError } from '../../song/errors.ts'
import { withoutReferences } from './character-references.ts'

/*
 * As much of XML 1.0 as TTML needs: elements, attributes, text, CDATA, comments and the five entities of XML. A document type
 * or an entity of its own is refused, so nothing is ever expanded or fetched. Names lose their namespace prefix. Every character
 * is looked at once; depth and number of elements are bounded.
 */

export type XmlElement = { name: string; attributes: ReadonlyMap<string, string>; children: XmlNode[] }
export type XmlNode = XmlElement | string

const MAX_DEPTH = 64
const MAX_ELEMENTS = 200_000
const MAX_ATTRIBUTES = 64
const NAME = /[\p{L}_:][\p{L}\p{N}\p{M}_:.·-]*/uy
const ATTRIBUTE = /\s+([\p{L}_:][\p{L}\p{N}\p{M}_:.·-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/uy
const TAG_END = /\s*(\/?)>/y
const UNKNOWN_ENTITY = /&(?!(?:amp|lt|gt|quot|apos|nbsp|lrm|rlm|#\d{1,7}|#[xX][\dA-Fa-f]{1,6});)/

/** @returns the root element */
export function readXml(text: string): XmlElement {
  const root: XmlElement = { name: '', attributes: new Map(), children: [] }
  const open = [root]
  let elements = 0
  let at = 0
  while (at < text.length) {
    const parent = open.at(-1) ?? root
    const start = text.indexOf('<', at)
    if (start !== at) addText(parent, text.slice(at, start < 0 ? text.length : start))
    if (start < 0) break
    if (text.startsWith('<!--', start)) at = after(text, '-->', start + 4)
    else if (text.startsWith('<![CDATA[', start)) {
      at = after(text, ']]>', start + 9)
      parent.children.push(text.slice(start + 9, at - 3))
    } else if (text.startsWith('<?', start)) at = after(text, '?>', start + 2)
    else if (text.startsWith('<!', start))
      throw refused('It has a document type (<!DOCTYPE>) or declares entities. Remove them.')
    else if (text.startsWith('</', start)) at = closed(text, start, open)
    else {
      elements++
      if (elements > MAX_ELEMENTS || open.length > MAX_DEPTH)
        throw refused('It has too many elements, or they are nested too deep.')
      at = opened(text, start, open)
    }
  }
  const element = root.children.find((child) => typeof child !== 'string')
  if (open.length > 1 || element === undefined) throw refused('It ends too early.')
  return element
}

export function textOfElement(node: XmlNode): string {
  return typeof node === 'string' ? node : node.children.map(textOfElement).join('')
}

/** All elements of a name below an element, in the order of the document; not those inside one another. */
export function elementsNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => {
    if (typeof child === 'string') return []
    return child.name === name ? [child] : elementsNamed(child, name)
  })
}

function addText(parent: XmlElement, text: string): void {
  if (UNKNOWN_ENTITY.test(text)) throw refused('It has an entity that XML does not define.')
  parent.children.push(withoutReferences(text))
}

function opened(text: string, start: number, open: XmlElement[]): number {
  NAME.lastIndex = start + 1
  const name = NAME.exec(text)?.[0]
  if (name === undefined) throw refused('A "<" begins no element.')
  const attributes = new Map<string, string>()
  let at = start + 1 + name.length
  for (;;) {
    ATTRIBUTE.lastIndex = at
    const match = ATTRIBUTE.exec(text)
    if (!match) break
    const value = match[2] ?? match[3] ?? ''
    if (UNKNOWN_ENTITY.test(value)) throw refused('It has an entity that XML does not define.')
    attributes.set(localName(match[1] ?? ''), withoutReferences(value))
    if (attributes.size > MAX_ATTRIBUTES) throw refused('An element has too many attributes.')
    at += match[0].length
  }
  TAG_END.lastIndex = at
  const end = TAG_END.exec(text)
  if (!end) throw refused(`The element ${name.slice(0, 40)} does not end.`)
  const element = { name: localName(name), attributes, children: [] }
  open.at(-1)?.children.push(element)
  if (end[1] === '') open.push(element)
  return at + end[0].length
}

function closed(text: string, start: number, open: XmlElement[]): number {
  NAME.lastIndex = start + 2
  const name = NAME.exec(text)?.[0] ?? ''
  TAG_END.lastIndex = start + 2 + name.length
  const end = TAG_END.exec(text)
  const element = open.length > 1 ? open.pop() : undefined
  if (end?.[1] !== '' || element?.name !== localName(name)) throw refused(`</${name.slice(0, 40)}> closes no element.`)
  return start + 2 + name.length + end[0].length
}

function after(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from)
  if (at < 0) throw refused(`"${end}" is missing.`)
  return at + end.length
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function refused(why: string): UserError {
  return new UserError(`This TTML file cannot be read. ${why}`, { code: 'bad-lyrics' })
}
