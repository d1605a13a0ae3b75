import { isIP, isIPv6 } from 'node:net'

/** The longest prefix length, by IP version. */
const MAX_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 }

/** Host and port as in a URL: an IPv6 address gets brackets (RFC 3986, 3.2.2). */
export function authorityOf(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/**
 * A URL below a base URL. The base may have a path of its own, if a proxy serves the server below one. `path` has no leading
 * slash.
 */
export function urlBelow(base: string, path: string): URL {
  return new URL(path, `${base.replace(/\/*$/, '')}/`)
}

/** A host without brackets. An IPv6 address is in its shortest form (RFC 5952). */
export function bareHost(host: string): string {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host
  const url = `http://[${bare}]`
  return isIPv6(bare) && URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : bare
}

/**
 * Parses "127.0.0.1:61613" and "[::1]:61613", and without a port "studio.lan", "::1" and "[::1]". Returns null for anything
 * else. A number alone is refused too, because it was probably meant as a port.
 */
export function parseAuthority(text: string, usualPort: number): { host: string; port: number } | null {
  if (isIPv6(text)) return { host: bareHost(text), port: usualPort }
  const { v6, name, digits } =
    /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^\s:[\]]*[^\s:[\]\d*][^\s:[\]]*))(?::(?<digits>\d{1,5}))?$/.exec(text)?.groups ?? {}
  const port = digits === undefined ? usualPort : Number(digits)
  if (port > 65_535 || (v6 === undefined ? name === undefined : !isIPv6(v6))) return null
  return { host: bareHost(v6 ?? name ?? ''), port }
}

/** Whether a text is an IP address or a network such as 10.0.0.0/8. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const max = MAX_BITS[isIP(address)]
  if (max === undefined || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= max)
}
