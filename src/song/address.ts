import { isIP, isIPv6 } from 'node:net'

/** Of a prefix, by the version of its address. */
const MOST_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 }

/** A host and a port as they stand in URLs: an IPv6 address in brackets (RFC 3986, 3.2.2). */
export function authorityOf(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** A path, which begins without a slash, below a URL: a proxy may show a server under a path of its own. */
export function urlBelow(base: string, path: string): URL {
  return new URL(path, `${base.replace(/\/*$/, '')}/`)
}

/** A name or an address as programs use it: an IPv6 address without brackets, and in its shortest form (RFC 5952). */
export function bareHost(host: string): string {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host
  const url = `http://[${bare}]`
  return isIPv6(bare) && URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : bare
}

/**
 * "127.0.0.1:61613", "[::1]:61613"; without a port where a usual one is there: "studio.lan", "::1", "[::1]".
 * Null where it is neither, as a number alone, which is meant for a port.
 */
export function parseAuthority(text: string, usualPort: number): { host: string; port: number } | null {
  if (isIPv6(text)) return { host: bareHost(text), port: usualPort }
  const { v6, name, digits } =
    /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^\s:[\]]*[^\s:[\]\d*][^\s:[\]]*))(?::(?<digits>\d{1,5}))?$/.exec(text)?.groups ?? {}
  const port = digits === undefined ? usualPort : Number(digits)
  if (port > 65_535 || (v6 === undefined ? name === undefined : !isIPv6(v6))) return null
  return { host: bareHost(v6 ?? name ?? ''), port }
}

/** An address, or a network as 10.0.0.0/8. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const most = MOST_BITS[isIP(address)]
  if (most === undefined || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most)
}
