import { UserError } from '../../song/errors.ts'
import { Assignment, Claim, SOUND_TYPE } from '../../song/messages.ts'
import { ErrorAnswer, JobParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { attemptToken, FOR_WORKERS, refused } from './attempt-token.ts'

export type ClaimRoutes = {
  claimJob(
    jobId: number,
    claim: Claim,
  ): Promise<{ outcome: 'assigned'; assignment: Assignment } | { outcome: 'forbidden' | 'gone'; reason: string }>
  /** The input of the attempt's segment, as 16-bit PCM. */
  readInput(jobId: number, attemptToken: string): Promise<Buffer | 'unknown' | 'gone'>
}

/** The routes by which a worker claims a job and fetches its input. */
export function claimRoutes(app: TypedApp, routes: ClaimRoutes): void {
  addClaim(app, routes)

  app.get(
    '/job/:job_id/input',
    {
      config: FOR_WORKERS,
      schema: { tags: ['workers'], summary: "The job's input: 16-bit stereo PCM of its segment", params: JobParams },
    },
    async (request, reply) => {
      const input = await routes.readInput(request.params.job_id, attemptToken(request))
      if (typeof input === 'string') throw refused(input)
      return reply.type(SOUND_TYPE).send(input)
    },
  )
}

function addClaim(app: TypedApp, { claimJob, readInput }: ClaimRoutes): void {
  app.post(
    '/job/:job_id/claim',
    {
      config: FOR_WORKERS,
      schema: {
        tags: ['workers'],
        summary: 'Claims the job of an invitation',
        description: `With \`Accept: ${SOUND_TYPE}\` the assignment comes as a line of JSON, and after it the job's input.`,
        params: JobParams,
        body: Claim,
        response: { 200: Assignment, 403: ErrorAnswer, 410: ErrorAnswer },
      },
    },
    async (request, reply) => {
      const answer = await claimJob(request.params.job_id, request.body)
      if (answer.outcome !== 'assigned') throw new UserError(answer.reason, { code: answer.outcome })
      const { assignment } = answer
      if (!request.headers.accept?.startsWith(SOUND_TYPE)) return assignment
      // If the input cannot be read, the worker gets the assignment alone. It then fetches the input and gets the error.
      const input = await readInput(assignment.jobId, assignment.attemptToken).catch(() => 'gone')
      if (typeof input === 'string') return assignment
      return reply
        .type(SOUND_TYPE)
        .send(Buffer.concat([Buffer.from(`${JSON.stringify(assignment)}\n`), input]) as never)
    },
  )
}
