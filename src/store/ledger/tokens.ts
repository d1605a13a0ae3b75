import { randomBytes } from 'node:crypto'

/** 144 random bits that authorize a worker for one job or attempt. */
export function newToken(): string {
  return randomBytes(18).toString('base64url')
}
