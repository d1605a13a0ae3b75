import { basename, dirname } from 'node:path'
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { UserError } from '../song/errors.ts'
import { Assignment, Claim, Failure, SOUND_TYPE } from '../song/messages.ts'
import { eachJobId, getJob } from '../store/jobs.ts'
import { getSong } from '../store/songs.ts'
import { jobAnswer } from './answers.ts'
import { jsonArray } from './json-array.ts'
import { ErrorAnswer, GraphParams, JobAnswer, JobParams } from './schemas.ts'
import type { Services } from './services.ts'

/** They have tokens of their own, and are as many as the work is. */
const FOR_WORKERS = { isForEverybody: true, counted: 'never' } as const

/** Jobs, for people to look at and for workers to do. */
export function jobRoutes(services: Services) {
  const { db } = services
  return async (plain: FastifyInstance): Promise<void> => {
    const scope = plain.withTypeProvider<ZodTypeProvider>()

    scope.get(
      '/job',
      {
        schema: {
          tags: ['system'],
          summary: 'Lists all jobs, finished ones too',
          querystring: z.object({ music_id: z.coerce.number().int().optional() }),
          response: { 200: z.array(z.int()) },
        },
      },
      async (request, reply) => {
        const ids = jsonArray(eachJobId(db, request.query.music_id), String)
        return reply.type('application/json; charset=utf-8').send(ids as never)
      },
    )

    scope.get(
      '/job/:job_id',
      {
        schema: {
          tags: ['system'],
          summary: 'One job',
          params: JobParams,
          response: { 200: JobAnswer, 404: ErrorAnswer },
        },
      },
      async (request) => {
        const job = getJob(db, request.params.job_id)
        const song = job && getSong(db, job.songId)
        if (job && song) return jobAnswer(job, song)
        throw new UserError(`Job not found: there is no job ${request.params.job_id}.`, {
          code: 'job-not-found',
          status: 404,
        })
      },
    )

    scope.post(
      '/job/:job_id/claim',
      {
        config: FOR_WORKERS,
        schema: {
          tags: ['workers'],
          summary: 'A worker asks for the work it was invited to',
          description: `With \`Accept: ${SOUND_TYPE}\` the assignment comes as a line of JSON, and after it the job's input.`,
          params: JobParams,
          body: Claim,
          response: { 200: Assignment, 403: ErrorAnswer, 410: ErrorAnswer },
        },
      },
      async (request, reply) => {
        const answer = await services.claim(request.params.job_id, request.body)
        if (answer.status !== 200) {
          const code = answer.status === 410 ? 'gone' : 'forbidden'
          return reply.status(answer.status).send({ error: answer.reason, code })
        }
        const { assignment } = answer
        if (!request.headers.accept?.startsWith(SOUND_TYPE)) return assignment
        // Where it cannot be had, the worker asks for it by itself, and hears why.
        const input = await services.input(assignment.jobId, assignment.attemptToken).catch(() => 'gone')
        if (typeof input === 'string') return assignment
        return reply
          .type(SOUND_TYPE)
          .send(Buffer.concat([Buffer.from(`${JSON.stringify(assignment)}\n`), input]) as never)
      },
    )

    scope.get(
      '/job/:job_id/input',
      {
        config: FOR_WORKERS,
        schema: { tags: ['workers'], summary: '16-bit stereo PCM of the segment', params: JobParams },
      },
      async (request, reply) => {
        const input = await services.input(request.params.job_id, bearerOf(request))
        if (typeof input === 'string') throw refused(input)
        return reply.type(SOUND_TYPE).send(input)
      },
    )

    scope.get(
      '/job/:job_id/model',
      {
        config: FOR_WORKERS,
        schema: { tags: ['workers'], summary: "The description of the job's model", params: JobParams },
      },
      async (request, reply) => {
        const text = await services.model(request.params.job_id, bearerOf(request))
        if (text === 'gone' || text === 'unknown') throw refused(text)
        return reply.type('application/json').send(text)
      },
    )

    scope.get(
      '/job/:job_id/model/:sha256',
      {
        config: FOR_WORKERS,
        schema: { tags: ['workers'], summary: "A graph of the job's model, in ranges", params: GraphParams },
      },
      async (request, reply) => {
        const graph = services.graph(request.params.job_id, bearerOf(request), request.params.sha256)
        if (typeof graph === 'string') throw refused(graph)
        return reply.sendFile(basename(graph.path), dirname(graph.path), { cacheControl: false })
      },
    )

    scope.post(
      '/job/:job_id/failed',
      {
        config: FOR_WORKERS,
        schema: {
          tags: ['workers'],
          summary: 'The attempt failed, or could not be made',
          params: JobParams,
          body: Failure,
          response: { 200: z.object({ outcome: z.literal('noted') }), 401: ErrorAnswer, 410: ErrorAnswer },
        },
      },
      async (request) => {
        const outcome = services.fail(request.params.job_id, bearerOf(request), request.body)
        if (outcome !== 'noted') throw refused(outcome)
        return { outcome }
      },
    )

    await plain.register(async (streams) => {
      streams.removeAllContentTypeParsers()
      streams.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
      streams.withTypeProvider<ZodTypeProvider>().put(
        '/job/:job_id/result',
        {
          bodyLimit: Number.MAX_SAFE_INTEGER,
          config: FOR_WORKERS,
          schema: {
            tags: ['workers'],
            summary: 'The partial sums of all stems: the commit point of a job',
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
          const outcome = await services.saveResult({
            jobId: request.params.job_id,
            attemptToken: bearerOf(request),
            bytes: Number(request.headers['content-length'] ?? Number.NaN),
            seconds: request.query.seconds,
            body: request.body as Readable,
          })
          if (outcome === 'gone' || outcome === 'unknown') throw refused(outcome)
          return { outcome }
        },
      )
    })
  }
}

function bearerOf(request: FastifyRequest): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

function refused(outcome: 'gone' | 'unknown'): UserError {
  return outcome === 'gone'
    ? new UserError('This job is over.', { code: 'gone', status: 410 })
    : new UserError("This is not the token of one of the job's attempts.", { code: 'wrong-token', status: 401 })
}
