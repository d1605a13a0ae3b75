import { effect, signal } from '@preact/signals'
import { health } from './server/api.ts'
import { serverUrl } from './server/server-url.ts'
import { isConnected } from './server/songs.ts'

/** Whether the server asks for a login, so that one can log out. */
export const hasLogin = signal(false)

/** Asks the server, also when a page that opened without it reaches it later. */
export function followLogin(): void {
  effect(() => {
    if (!isConnected.value) return
    health().then(
      ({ login }) => {
        hasLogin.value = login === true
      },
      () => undefined,
    )
  })
}

export function logOut(): void {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = serverUrl('logout')
  document.body.append(form)
  form.submit()
}
