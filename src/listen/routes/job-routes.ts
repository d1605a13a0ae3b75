import { z } from 'zod'
import { UserError } from '../../song/errors.ts'
import type { Database } from '../../store/ledger/database.ts'
import { eachJobId, getJob } from '../../store/queries/jobs.ts'
import { getSong } from '../../store/queries/songs.ts'
import { jobAnswer } from '../answers.ts'
import { jsonArray } from '../events/json-array.ts'
import { ErrorAnswer, JobAnswer, JobParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'

export type JobRoutes = { db: Database }

/** The routes that show jobs to people. */
export function jobRoutes(app: TypedApp, { db }: JobRoutes): void {
  app.get(
    '/job',
    {
      schema: {
        tags: ['system'],
        summary: 'Lists all jobs, including finished ones',
        querystring: z.object({ music_id: z.coerce.number().int().optional() }),
        response: { 200: z.array(z.int()) },
      },
    },
    async (request, reply) => {
      const ids = jsonArray(eachJobId(db, request.query.music_id), String)
      return reply.type('application/json; charset=utf-8').send(ids as never)
    },
  )

  app.get(
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
      const { job_id } = request.params
      const job = getJob(db, job_id)
      const song = job && getSong(db, job.songId)
      // People are told of the jobs of separations only.
      if (job?.kind === 'separate' && song) return jobAnswer(job, song)
      throw new UserError(`Job not found: there is no job ${job_id}.`, { code: 'job-not-found' })
    },
  )
}
