import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingsHint } from '../../../src/broker/client/settings-hint.ts'

test('the reason why a broker is not reached names the settings that may be wrong', () => {
  const HINTS: readonly (readonly [reason: string, tls: boolean, hint: RegExp])[] = [
    ['connect ECONNREFUSED 10.0.0.5:61613', false, /^ \(BROKER_HOST, BROKER_PORT\)$/],
    ['getaddrinfo EAI_AGAIN rabbit', false, /BROKER_HOST/],
    ['no answer within 10 s', false, /^ \(BROKER_HOST, BROKER_PORT\)$/],
    ['no answer within 10 s', true, /BROKER_TLS/],
    ["Hostname/IP does not match certificate's altnames", true, /BROKER_HOST has to be a name in the certificate/],
    ['self-signed certificate', true, /NODE_EXTRA_CA_CERTS/],
    ['certificate has expired', true, /has to be renewed/],
    ['the broker said: Bad CONNECT', false, /BROKER_USER, BROKER_PASSWORD/],
  ]
  for (const [reason, tls, hint] of HINTS) assert.match(settingsHint(reason, { tls }), hint, reason)
})
