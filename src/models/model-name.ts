import { z } from 'zod'

const LONGEST_NAME = 64
const LONGEST_FILE_NAME = 128
/** Devices, on Windows, in every folder and with any ending. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
/** What lies beside models in their folder, as pins.json, has such an ending; models have none of them. */
const FILE_ENDINGS = /\.(json|part|onnx)$/i

/** Letters, digits, '_', '-' and '.', of which neither '-' nor '.' begins it, nor '.' ends it: a folder's name anywhere. */
const safeName = z
  .string()
  .regex(
    /^\w([\w.-]*[\w-])?$/,
    "letters, digits, '_', '-' and '.', beginning with none of the last two, not ending in '.'",
  )
  .refine((name) => !DEVICES.test(name), { error: 'it is the name of a device on Windows' })

/** A model's name is that of its folder, of its queue and of its cache on every machine, and is typed on command lines. */
export const modelName = safeName
  .max(LONGEST_NAME)
  .refine((name) => !FILE_ENDINGS.test(name), { error: 'it looks like a file: .json, .part and .onnx are reserved' })

/** Of a graph, beside model.json. */
export const graphFileName = safeName
  .max(LONGEST_FILE_NAME)
  .regex(/\.onnx$/, 'a file name beside model.json that ends in .onnx')

/** Whether two names mean one folder where upper and lower case are the same. */
export function isSameFolder(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
