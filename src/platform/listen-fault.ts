import { UserError } from '../song/errors.ts'
import { authorityOf } from './address.ts'

/**
 * Explains why a server could not listen on an address (listen(2), getaddrinfo(3)). Returns `cause` unchanged if the user
 * made no mistake.
 */
export function listenFault(
  cause: unknown,
  {
    host,
    port,
    addressSetting,
    portSetting,
    flag,
  }: { host: string; port: number; addressSetting: string; portSetting: string; flag?: string },
): unknown {
  const how = flag ? ` with ${flag}` : ''
  const mistake = (words: string) => new UserError(words, { code: 'config', cause })
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return mistake(`${portSetting}: ${authorityOf(host, port)} is taken. Choose another port${how}.`)
    case 'EACCES':
      return mistake(`${portSetting}: this user may not listen on port ${port}. Choose one from 1024 on${how}.`)
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return mistake(
        `${addressSetting}: ${host} is not an address of this machine. Set ${addressSetting} to one of its own, such as 127.0.0.1.`,
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return mistake(
        `${addressSetting}: ${host} is not a name of this machine. Use an address, such as 127.0.0.1 or ::1.`,
      )
    default:
      return cause
  }
}
