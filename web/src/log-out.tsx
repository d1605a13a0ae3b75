import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { health } from './api.ts'

const hasLogin = signal(false)

/** Only where one had to log in. */
export function LogOut() {
  useEffect(() => {
    health().then(
      ({ login }) => {
        hasLogin.value = login === true
      },
      () => undefined,
    )
  }, [])
  if (!hasLogin.value) return null
  return (
    <form method="post" action="/logout">
      <button type="submit" class="quiet">
        Log out
      </button>
    </form>
  )
}
