import { randomBytes } from 'node:crypto'

/** 144 random bits that let a worker speak for a job or an attempt. */
export function newToken(): string {
  return randomBytes(18).toString('base64url')
}
