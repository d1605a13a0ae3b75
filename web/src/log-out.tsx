import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { health } from './server/api.ts'
import { isConnected } from './server/songs.ts'

const hasLogin = signal(false)

/** Shown only if the server asks for a login. A page that opened while the server could not be reached learns that later. */
export function LogOut() {
  const isReachable = isConnected.value
  useEffect(() => {
    if (!isReachable) return undefined
    let isLatest = true
    health().then(
      ({ login }) => {
        if (isLatest) hasLogin.value = login === true
      },
      () => undefined,
    )
    return () => {
      isLatest = false
    }
  }, [isReachable])
  if (!hasLogin.value) return null
  return (
    <form method="post" action="logout">
      <button type="submit" class="quiet">
        Log out
      </button>
    </form>
  )
}
