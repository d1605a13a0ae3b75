import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The fenced code blocks in one language on a page of docs/, as a reader would copy them. */
export function documented(page: string, language: string): string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8')
  const blocks = [...text.matchAll(/^```(?<language>\w*)\n(?<block>.*?)^```$/gms)]
  return blocks.flatMap(({ groups }) => (groups?.['language'] === language ? [groups['block'] ?? ''] : []))
}
