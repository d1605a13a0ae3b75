import type { FirefoxPage } from './firefox.ts'

type Answer = { id?: number; type: 'success' | 'error' | 'event'; result?: unknown; message?: string; params?: unknown }
type Evaluated = {
  type: 'success' | 'exception'
  result?: { value?: string; sharedId?: string }
  exceptionDetails?: { text: string }
}
type Element = { sharedId: string }

/** A session of WebDriver BiDi (W3C) with one page. @param address as 'ws://127.0.0.1:1234' */
export async function openBidi(address: string): Promise<{ page: FirefoxPage; errors: string[] }> {
  const errors: string[] = []
  const socket = new WebSocket(`${address}/session`)
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
    else collectError(answer, errors)
  }
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error(`${address} does not answer.`))
  })
  let lastId = 0
  const send = async <T>(method: string, params: object): Promise<T> => {
    const id = ++lastId
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve)
      socket.send(JSON.stringify({ id, method, params }))
    })
    waiting.delete(id)
    if (answer.type === 'error') throw new Error(`${method}: ${answer.message}`)
    return answer.result as T
  }
  await send('session.new', { capabilities: {} })
  await send('session.subscribe', { events: ['log.entryAdded'] })
  const { context } = await send<{ context: string }>('browsingContext.create', { type: 'tab' })
  await send('browsingContext.setViewport', { context, viewport: { width: 1280, height: 800 } })

  const evaluated = async (expression: string): Promise<NonNullable<Evaluated['result']>> => {
    const answer = await send<Evaluated>('script.evaluate', {
      expression,
      target: { context },
      awaitPromise: true,
      // An expression counts as a press of the user, as it would from a test's click.
      userActivation: true,
    })
    if (answer.type === 'exception') throw new Error(`${expression}: ${answer.exceptionDetails?.text}`)
    return answer.result ?? {}
  }
  const elementOf = async (expression: string): Promise<Element> => {
    const { sharedId } = await evaluated(expression)
    if (!sharedId) throw new Error(`${expression} gives no element.`)
    return { sharedId }
  }
  const page: FirefoxPage = {
    async goto(url) {
      await send('browsingContext.navigate', { context, url, wait: 'complete' })
    },
    async evaluate<T>(expression: string) {
      // As JSON: BiDi has a notation of its own for values.
      const { value } = await evaluated(`Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`)
      return JSON.parse(value ?? 'null') as T
    },
    async click(expression) {
      const origin = { type: 'element', element: await elementOf(expression) }
      const actions = [
        { type: 'pointerMove', x: 0, y: 0, origin },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ]
      await send('input.performActions', { context, actions: [{ type: 'pointer', id: 'mouse', actions }] })
    },
    async press(key) {
      const actions = ['keyDown', 'keyUp'].map((type) => ({ type, value: key }))
      await send('input.performActions', { context, actions: [{ type: 'key', id: 'keyboard', actions }] })
    },
    async chooseFile(expression, path) {
      await send('input.setFiles', { context, element: await elementOf(expression), files: [path] })
    },
  }
  return { page, errors }
}

/** Collects what the page's console shows as an error, and exceptions that nothing caught. */
function collectError({ params }: Answer, errors: string[]): void {
  const { level, text } = (params ?? {}) as { level?: string; text?: string }
  if (level === 'error' && text) errors.push(text)
}
