import { softLimit } from '../server/process-limits.ts'
import { UserError } from '../song/errors.ts'

/** Measured: with 4.0 GB V8 ends the process when it starts its first thread. With 5.0 GB songs are separated. */
const MIN_BYTES = 4.5e9

/**
 * Throws a UserError when the process may not reserve the address space that V8 needs. V8 itself would end the process and give
 * no reason.
 */
export function refuseLittleAddressSpace(): void {
  const bytes = softLimit('Max address space')
  if (bytes === null || bytes >= MIN_BYTES) return
  throw new UserError(
    `This process may use ${(bytes / 1e9).toFixed(1)} GB of address space (ulimit -v, LimitAS); Node reserves more than it uses, and needs ${MIN_BYTES / 1e9} GB. Raise that limit, and hold memory down by MemoryMax of the systemd unit instead.`,
    { code: 'config' },
  )
}
