import fastifyHelmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

/** Sets the security headers of every answer. */
export async function setSecurityHeaders(app: FastifyInstance): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // With the default, no-referrer, a browser sends Origin: null with our own forms.
    referrerPolicy: { policy: 'same-origin' },
    hsts: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  })
}
