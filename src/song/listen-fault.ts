import { authorityOf } from './address.ts'
import { UserError } from './errors.ts'

/** What is wrong with the address at which something was to listen (listen(2), getaddrinfo(3)); as it came where that is nobody's mistake. */
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
        `${addressSetting}: ${host} is no address of this machine. Set ${addressSetting} to one of its own, as 127.0.0.1.`,
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return mistake(`${addressSetting}: ${host} is no name of this machine. Use an address, as 127.0.0.1 or ::1.`)
    default:
      return cause
  }
}
