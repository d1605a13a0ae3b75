import { useEffect, useState } from 'preact/hooks'
import { showFailure } from './notice.ts'
import type { WordsEditingProps } from './words-editing.tsx'

type Fetched = typeof import('./words-editing.tsx')

/** Opens the editor of a song's words. It is fetched when it is opened first: most visits never need it. */
export function EditWords(props: WordsEditingProps) {
  const [fetched, setFetched] = useState<Fetched | null>(null)
  useEffect(() => {
    const fetching = import('./words-editing.tsx').then(setFetched)
    fetching.catch(props.onClose)
    showFailure(fetching)
  }, [])
  return fetched && <fetched.WordsEditing {...props} />
}
