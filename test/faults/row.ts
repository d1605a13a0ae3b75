import type { BrokerName, Lab, LabOptions } from './lab.ts'

/** What a row needs: its broker, and a way to run with a lab, which always ends. */
export type Ground = {
  broker: BrokerName
  withLab<T>(options: Partial<LabOptions>, work: (lab: Lab) => Promise<T>): Promise<T>
}

/** One line of the fault matrix. */
export type Row = {
  number: number
  fault: string
  /** Part of `npm run test:long`; the others run with `npm run test:faults`. */
  isPriority?: true
  /** The brokers on which the row makes sense; default: both. */
  brokers?: readonly BrokerName[]
  /** The time limit, for a row that takes longer than the others. */
  maxMs?: number
  /** Throws when the row breaks. Resolves to what was measured, in a few words. */
  run(ground: Ground): Promise<string>
}

/** A row whose fault other tests inject: their files, and a pattern of their names. */
export type ReferredRow = {
  number: number
  fault: string
  isPriority?: true
  files: readonly string[]
  pattern: string
}

/** The outcome of a row on a broker. */
export type Result = { row: number; fault: string; broker: string; holds: boolean; seconds: number; said: string }
