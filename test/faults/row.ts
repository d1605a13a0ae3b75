import type { BrokerName, Lab, LabOptions } from './lab.ts'

/** What a row stands on: songs' references, and how to start a lab that is ended whatever happens. */
export type Ground = {
  broker: BrokerName
  withLab<T>(options: Partial<LabOptions>, work: (lab: Lab) => Promise<T>): Promise<T>
}

/** One line of the fault matrix. */
export type Row = {
  number: number
  fault: string
  /** Part of every test run; the others run with `npm run test:faults`. */
  isPriority?: true
  /** Where it makes sense; default: both. */
  brokers?: readonly BrokerName[]
  /** Where it may take longer than the others. */
  longestMs?: number
  /** Throws when what must hold did not; says in a few words what was measured. */
  run(ground: Ground): Promise<string>
}

/** A row whose fault other tests inject already: files, and which of their tests. */
export type ReferredRow = {
  number: number
  fault: string
  isPriority?: true
  files: readonly string[]
  pattern: string
}

/** What became of a row on a broker. */
export type Result = { row: number; fault: string; broker: string; holds: boolean; seconds: number; said: string }
