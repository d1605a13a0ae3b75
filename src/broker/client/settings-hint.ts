/**
 * Names the settings that may be wrong when a broker is not reached; empty when the reason says enough.
 * @param reason the message of the socket, of TLS or of the broker
 * @param tls whether the connection was made over TLS
 */
export function settingsHint(reason: string, { tls }: { tls: boolean }): string {
  if (/vhost|virtual host|access denied|not allowed/i.test(reason)) return ' (BROKER_VHOST)'
  if (/bad connect|access refused|authenticat|password|login|credential/i.test(reason))
    return ' (BROKER_USER, BROKER_PASSWORD, BROKER_VHOST; without a password a worker finds the embedded broker of a server that the same user runs on this machine, at BROKER_PORT)'
  if (/altnames/i.test(reason)) return ' (BROKER_HOST has to be a name in the certificate)'
  if (/expired|not yet valid/i.test(reason)) return ' (the certificate of the broker has to be renewed)'
  if (/certificate/i.test(reason)) return ' (a certificate that nobody vouches for goes into NODE_EXTRA_CA_CERTS)'
  if (/wrong version number|packet length too long|EPROTO|before secure TLS/i.test(reason))
    return ' (BROKER_PORT is not one where the broker speaks TLS; or BROKER_TLS=off)'
  if (/closed the connection|ECONNRESET|not STOMP/.test(reason))
    return ' (BROKER_PORT; BROKER_TLS, if the broker wants TLS there)'
  if (/no answer/.test(reason)) return tls ? ' (BROKER_HOST, BROKER_PORT; BROKER_TLS)' : ' (BROKER_HOST, BROKER_PORT)'
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/.test(reason))
    return ' (BROKER_HOST, BROKER_PORT)'
  return ''
}
