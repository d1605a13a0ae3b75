import type { Offer } from '../../models/catalogue.ts'
import { modelBytes } from '../../models/description.ts'
import type { InstalledModel } from '../../models/installed-models.ts'
import { printableLine } from '../../platform/printable.ts'
import type { Trial } from './try-model.ts'

export type ModelRow = {
  name: string
  title: string
  installed: boolean
  stems: readonly string[]
  sdr_published: Record<string, number>
  sdr_measured: Record<string, number>
  /** Seconds of work for one second of sound, measured on this machine; null when it was not measured. */
  seconds_per_second: number | null
  memory_mb: number
  megabytes: number
  licence: string
  source: string
}

/** The row of an installed model, or of one that can be installed. */
export function describe(
  model: InstalledModel | Offer,
  { isInstalled, trial }: { isInstalled: boolean; trial: Trial | null },
): ModelRow {
  const { name, title, stems, sdrDb, licence, source } = model
  return {
    name,
    title,
    installed: isInstalled,
    stems,
    sdr_published: sdrDb.published,
    sdr_measured: sdrDb.measured,
    seconds_per_second: trial && Number((trial.secondsPerSegment / trial.soundSeconds).toPrecision(3)),
    memory_mb: trial ? Math.round(trial.memoryMb) : model.memoryMb,
    megabytes: 'megabytes' in model ? model.megabytes : Math.round(modelBytes(model) / 1e6),
    licence,
    source,
  }
}

/** The list as a table of text. It marks the default model. */
export function table(rows: readonly ModelRow[], defaultModel: string): string {
  const lines = rows.map((row) => [
    row.name === defaultModel ? `${row.name} *` : row.name,
    row.installed ? 'yes' : 'no',
    row.stems.join(' '),
    decibels(row),
    row.seconds_per_second === null ? '?' : `${row.seconds_per_second}`,
    `${row.memory_mb} MB`,
    `${row.megabytes} MB`,
    printableLine(row.licence),
  ])
  const head = ['model', 'installed', 'stems', 'SDR dB', 's of work a s', 'memory', 'size', 'licence']
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)))
  const text = [head, ...lines].map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  const notes = [
    '* the default (MODEL). SDR in the order of the stems: (p) as published on MUSDB18-HQ, (m) as measured by us on one short song.',
    "'?': not measured on this machine; 'minus-one models verify' does it. 'minus-one models install NAME' installs.",
  ]
  return `${text.map((line) => line.trimEnd()).join('\n')}\n\n${notes.join('\n')}`
}

function decibels({ stems, sdr_published, sdr_measured }: ModelRow): string {
  const of = (figures: Record<string, number>) => stems.map((stem) => figures[stem]?.toFixed(1) ?? '-').join(' ')
  if (Object.keys(sdr_published).length > 0) return `${of(sdr_published)} (p)`
  return Object.keys(sdr_measured).length > 0 ? `${of(sdr_measured)} (m)` : '?'
}
