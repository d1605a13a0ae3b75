import type { FastifyRequest } from 'fastify'
import { UserError } from '../../song/errors.ts'
import type { Database } from '../../store/ledger/database.ts'
import { getSong, type Song } from '../../store/queries/songs.ts'
import { MusicParams } from '../schemas.ts'

/** Throws a UserError if there is no such song. */
export function findSong(db: Database, id: number): Song {
  const song = getSong(db, id)
  if (!song) throw musicNotFound(id)
  return song
}

/** A hook that finds the song before the body is checked, so that an unknown song is answered 404 whatever the body. */
export function findSongFirst(db: Database) {
  return async ({ params }: FastifyRequest): Promise<void> => {
    const known = MusicParams.safeParse(params)
    if (known.success) findSong(db, known.data.music_id)
  }
}

export function musicNotFound(id: number): UserError {
  return new UserError(`Music not found: there is no song ${id}.`, { code: 'music-not-found' })
}
