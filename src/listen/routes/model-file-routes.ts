import { basename, dirname } from 'node:path'
import { GraphParams, JobParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { attemptToken, FOR_WORKERS, refused } from './attempt-token.ts'

export type ModelFileRoutes = {
  /** The text of the model.json of the attempt's model. */
  readModel(jobId: number, attemptToken: string): Promise<string | 'unknown' | 'gone'>
  /** The path of a graph of the attempt's model. */
  findGraph(jobId: number, attemptToken: string, sha256: string): { path: string } | 'unknown' | 'gone'
}

/** The routes by which a worker fetches the model of its job. */
export function modelFileRoutes(app: TypedApp, { readModel, findGraph }: ModelFileRoutes): void {
  app.get(
    '/job/:job_id/model',
    {
      config: FOR_WORKERS,
      schema: { tags: ['workers'], summary: "The description of the job's model", params: JobParams },
    },
    async (request, reply) => {
      const text = await readModel(request.params.job_id, attemptToken(request))
      if (text === 'gone' || text === 'unknown') throw refused(text)
      return reply.type('application/json').send(text)
    },
  )

  app.get(
    '/job/:job_id/model/:sha256',
    {
      config: FOR_WORKERS,
      schema: { tags: ['workers'], summary: "A graph of the job's model, in ranges", params: GraphParams },
    },
    async (request, reply) => {
      const { job_id, sha256 } = request.params
      const graph = findGraph(job_id, attemptToken(request), sha256)
      if (typeof graph === 'string') throw refused(graph)
      return reply.sendFile(basename(graph.path), dirname(graph.path), { cacheControl: false })
    },
  )
}
