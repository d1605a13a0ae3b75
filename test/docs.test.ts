import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DOCUMENTS = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md', ...find('docs/*.md'), ...find('training/*.md')]
const SOURCES = find('{src,web,test,bench,scripts}/**/*.{ts,tsx}')
/** All files and folders of the repository, except those that training writes below its folder. */
const PATHS = [...find('*'), ...find('{src,web,test,bench,scripts,bin,docs,models}/**'), ...find('training/*')]
/** A path of ours has the ending of a source file, or ends as a folder, or begins with a folder of the root. */
const PATH_PATTERN =
  /^(?:[\w.<>@-]+\/)*[\w.<>@-]+(?:\.(?:tsx?|js|css|sql|py|md)|\/)$|^(?:src|web|test|bench|scripts|docs)\/[\w.<>/-]+$/
/** The first folders of paths that are not in the repository: those of DATA_DIR, and what npm installs. */
const FOREIGN = /^(data|songs|incoming|node_modules)\//

function find(pattern: string): string[] {
  return globSync(pattern, { cwd: ROOT })
}

/** The quoted paths of a text. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)]
    .map(([, quoted = '']) => quoted)
    .filter((quoted) => PATH_PATTERN.test(quoted) && !FOREIGN.test(quoted))
}

/** Whether a file or folder has this path or a path that ends with it. `<name>` stands for any name. */
function exists(path: string): boolean {
  const literal = path.replace(/\/$/, '').replace(/^(\.\.?\/)+/, '')
  const pattern = literal.replaceAll(/[.+]/g, '\\$&').replaceAll(/<[^>]*>/g, '[^/]+')
  const ends = new RegExp(`(^|/)${pattern}$`)
  return PATHS.some((each) => ends.test(each))
}

describe('the documents and comments name what exists', () => {
  test('every path of the repository that a document quotes exists', () => {
    const missing = DOCUMENTS.flatMap((document) => {
      const text = readFileSync(join(ROOT, document), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
      return pathsIn(text).flatMap((path) => (exists(path) ? [] : [`${document}: ${path}`]))
    })
    assert.deepEqual(missing, [])
  })

  test('every path of the repository that a comment quotes exists', () => {
    const missing = SOURCES.flatMap((source) => {
      const comments = readFileSync(join(ROOT, source), 'utf8').match(/\/\*[\s\S]*?\*\/|(?<=^\s*)\/\/.*$/gm) ?? []
      return pathsIn(comments.join('\n')).flatMap((path) => (exists(path) ? [] : [`${source}: ${path}`]))
    })
    assert.deepEqual(missing, [])
  })

  test('every relative link of a document leads to a file or folder', () => {
    const missing = DOCUMENTS.flatMap((document) => {
      const links = [...readFileSync(join(ROOT, document), 'utf8').matchAll(/\]\(([^)#\s:]+)(#[^)]*)?\)/g)]
      return links.flatMap(([, link = '']) =>
        existsSync(join(ROOT, dirname(document), link)) ? [] : [`${document}: ${link}`],
      )
    })
    assert.deepEqual(missing, [])
  })
})
