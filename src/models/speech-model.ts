import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson } from '../platform/read-json.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { graphFileName, modelName } from './model-name.ts'

const count = z.int().positive()
const token = z.int().min(0)
const measured = { sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: count }
const GraphFile = z.object({ file: graphFileName, ...measured })

/** The description of a model that hears words (`model.json` in its folder). `training/whisper.py` says what its graphs take and give. */
const SpeechDescription = z.object({
  name: modelName,
  title: z.string().max(500),
  kind: z.literal('speech'),
  files: z.object({
    encoder: GraphFile,
    decoder: GraphFile,
    /** A token in each line. */
    vocabulary: z.object({ file: z.literal('tokens.txt'), ...measured }),
  }),
  network: z.object({ layers: count, heads: count, headSize: count, followingHeads: count }),
  tokens: z.object({
    start: token,
    end: token,
    transcribe: token,
    noTimes: token,
    noSpeech: token,
    languages: z.record(z.string(), token),
    never: z.array(token),
    neverFirst: z.array(token),
  }),
  /** Memory of a worker that has the model loaded. */
  memoryMb: z.number().positive(),
  licence: z.string().max(500),
  source: z.string().max(500),
})

/** @property id the name and the beginning of the description's hash, as of other models */
export type SpeechModel = z.infer<typeof SpeechDescription> & { id: string }

const ID_HASH_LENGTH = 8

/** Throws a UserError if the folder has no such description. */
export async function readSpeechModel(folder: string): Promise<SpeechModel> {
  try {
    const text = await readFile(join(folder, 'model.json'), 'utf8')
    const description = SpeechDescription.parse(readJson(text))
    const hash = createHash('sha256').update(text).digest('hex').slice(0, ID_HASH_LENGTH)
    return { ...description, id: `${description.name}-${hash}` }
  } catch (error) {
    throw new UserError(
      `The model for words in ${folder} cannot be read (${messageOf(error)}). Install the program again.`,
      {
        code: 'model-broken',
        cause: error,
      },
    )
  }
}
