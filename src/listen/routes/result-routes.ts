import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Failure } from '../../song/messages.ts'
import { ErrorAnswer, JobParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { attemptToken, FOR_WORKERS, refused } from './attempt-token.ts'
import { takeBodiesAsStreams } from './streamed-bodies.ts'

export type ResultRoutes = {
  /** @param result its `bytes` is NaN if the worker does not say the length */
  saveResult(result: {
    jobId: number
    attemptToken: string
    bytes: number
    seconds: number
    body: Readable
  }): Promise<'accepted' | 'duplicate' | 'gone' | 'unknown'>
  reportFailure(jobId: number, attemptToken: string, failure: Failure): 'noted' | 'gone' | 'unknown'
}

/** The routes by which a worker ends an attempt: with a result, or with the reason of a failure. */
export async function resultRoutes(app: TypedApp, { saveResult, reportFailure }: ResultRoutes): Promise<void> {
  app.post(
    '/job/:job_id/failed',
    {
      config: FOR_WORKERS,
      schema: {
        tags: ['workers'],
        summary: 'Reports that the attempt failed, or that the worker could not try',
        params: JobParams,
        body: Failure,
        response: { 200: z.object({ outcome: z.literal('noted') }), 401: ErrorAnswer, 410: ErrorAnswer },
      },
    },
    async (request) => {
      const outcome = reportFailure(request.params.job_id, attemptToken(request), request.body)
      if (outcome !== 'noted') throw refused(outcome)
      return { outcome }
    },
  )
  await app.register((scope) => addResult(scope, saveResult))
}

async function addResult(scope: FastifyInstance, saveResult: ResultRoutes['saveResult']): Promise<void> {
  takeBodiesAsStreams(scope)
  scope.withTypeProvider<ZodTypeProvider>().put(
    '/job/:job_id/result',
    {
      bodyLimit: Number.MAX_SAFE_INTEGER,
      config: FOR_WORKERS,
      schema: {
        tags: ['workers'],
        summary: 'Sends the result, the partial sums of all computed stems: the commit point of a job',
        params: JobParams,
        querystring: z.object({ seconds: z.coerce.number().min(0).default(0) }),
        response: {
          200: z.object({ outcome: z.enum(['accepted', 'duplicate']) }),
          401: ErrorAnswer,
          410: ErrorAnswer,
          413: ErrorAnswer,
          422: ErrorAnswer,
        },
      },
    },
    async (request) => {
      const outcome = await saveResult({
        jobId: request.params.job_id,
        attemptToken: attemptToken(request),
        bytes: Number(request.headers['content-length'] ?? Number.NaN),
        seconds: request.query.seconds,
        body: request.body as Readable,
      })
      if (outcome === 'gone' || outcome === 'unknown') throw refused(outcome)
      return { outcome }
    },
  )
}
