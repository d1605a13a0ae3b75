import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { health } from './api.ts'
import { isConnected } from './state.ts'

const hasLogin = signal(false)

/** Only where one had to log in. A page that opened while the server was away learns it later. */
export function LogOut() {
  const isThere = isConnected.value
  useEffect(() => {
    if (!isThere) return
    health().then(
      ({ login }) => {
        hasLogin.value = login === true
      },
      () => undefined,
    )
  }, [isThere])
  if (!hasLogin.value) return null
  return (
    <form method="post" action="logout">
      <button type="submit" class="quiet">
        Log out
      </button>
    </form>
  )
}
