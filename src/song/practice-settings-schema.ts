import { z } from 'zod'
import {
  MAX_GAIN_DB,
  MAX_SEMITONES,
  MAX_TEMPO,
  MIN_GAIN_DB,
  MIN_SEMITONES,
  MIN_TEMPO,
  type PracticeSettings,
} from './practice-settings.ts'

const MAX_SECONDS = 1e7
const MAX_MARKERS = 100
const MAX_MARKER_CHARACTERS = 60
const MAX_STEMS = 64

const stem = z.string().min(1).max(64)
const stems = z.array(stem).max(MAX_STEMS).readonly()
const seconds = z.number().min(0).max(MAX_SECONDS)

const StemMix = z.strictObject({
  gains: z.record(stem, z.number().min(MIN_GAIN_DB).max(MAX_GAIN_DB)).readonly(),
  muted: stems,
  solo: stems,
  pan: z.record(stem, z.number().min(-1).max(1)).readonly(),
})

/**
 * Checks practice settings (`practice-settings.ts`), which the page uses without this schema. Whether the song has such stems,
 * and is so long, `listen/routes/practice-routes.ts` checks.
 */
export const PracticeSettingsSchema = z.strictObject({
  mix: StemMix.nullable(),
  semitones: z.int().min(MIN_SEMITONES).max(MAX_SEMITONES),
  tempo: z.number().min(MIN_TEMPO).max(MAX_TEMPO),
  loop: z
    .strictObject({ start: seconds, end: seconds })
    .refine(({ start, end }) => start < end, 'a loop ends after its start')
    .nullable(),
  markers: z
    .array(z.strictObject({ seconds, name: z.string().trim().min(1).max(MAX_MARKER_CHARACTERS) }))
    .max(MAX_MARKERS)
    .readonly(),
}) satisfies z.ZodType<PracticeSettings>
