import { readJson } from '../platform/read-json.ts'
import { CONTRACT, contractOf, Invitation } from '../song/messages.ts'

/** An invitation, or the number of another contract that its server speaks. Null if it cannot be read. */
export function readInvitation(body: string): Invitation | { contract: number } | null {
  const message = readJson(body)
  const contract = contractOf(message)
  if (contract !== null && contract !== CONTRACT) return { contract }
  return Invitation.safeParse(message).data ?? null
}
