import { z } from 'zod'

const MAX_NAME_CHARACTERS = 64
const MAX_FILE_NAME_CHARACTERS = 128
/** On Windows these names are devices, in every folder and with any ending. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
/** Files beside the folders of the models, such as pins.json, have these endings. So a model must not have them. */
const FILE_ENDINGS = /\.(json|part|onnx)$/i

/** A name that any file system accepts: letters, digits, '_', '-' and '.'; '-' and '.' not first, '.' not last. */
const safeName = z
  .string()
  .regex(
    /^\w([\w.-]*[\w-])?$/,
    "letters, digits, '_', '-' and '.', beginning with none of the last two, not ending in '.'",
  )
  .refine((name) => !DEVICES.test(name), { error: 'it is the name of a device on Windows' })

/** The name of a model is also the name of its folder, queue and cache on every machine. Users type it. */
export const modelName = safeName
  .max(MAX_NAME_CHARACTERS)
  .refine((name) => !FILE_ENDINGS.test(name), { error: 'it looks like a file: .json, .part and .onnx are reserved' })

/** The name of a graph's file beside model.json. */
export const graphFileName = safeName
  .max(MAX_FILE_NAME_CHARACTERS)
  .regex(/\.onnx$/, 'a file name beside model.json that ends in .onnx')

/** Whether two names mean the same folder on a system that ignores case. */
export function isSameFolder(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
