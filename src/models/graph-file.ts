import { UserError } from '../song/errors.ts'

/** The fields of ONNX's messages (onnx.proto) through which tensors can be reached: field number → its message. */
const MESSAGES: Record<string, Record<number, string>> = {
  Model: { 7: 'Graph', 20: 'TrainingInfo', 25: 'Function' },
  TrainingInfo: { 1: 'Graph', 2: 'Graph' },
  Graph: { 1: 'Node', 5: 'Tensor', 15: 'SparseTensor' },
  Function: { 7: 'Node', 11: 'Attribute' },
  Node: { 5: 'Attribute' },
  Attribute: { 5: 'Tensor', 6: 'Graph', 10: 'Tensor', 11: 'Graph', 22: 'SparseTensor', 23: 'SparseTensor' },
  SparseTensor: { 1: 'Tensor', 2: 'Tensor' },
}
/** Fields of TensorProto: the other file that holds the values, and whether there is one. */
const EXTERNAL_DATA = 13
const DATA_LOCATION = 14
/** Protobuf's own limit of nested messages. ONNX Runtime reads no deeper ones. */
const DEEPEST = 100
/** The mark of ONNX Runtime's own format, which it would accept in place of ONNX. */
const ORT_FORMAT = 'ORTM'
const NOT_ONNX = 'it is not ONNX, or breaks off'

/**
 * Throws a UserError unless the bytes are an ONNX graph that needs no other file. A tensor may take its values from another
 * file (external data). ONNX Runtime would read that file below the working directory. Its hash is not checked, and it may be a
 * private file. So every such tensor is refused, whether the graph uses it or not.
 */
export function refuseExternalData(bytes: Uint8Array, what: string): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.toString('latin1', 4, 8) === ORT_FORMAT) throw unusable(what, NOT_ONNX)
  checkMessage({ message: 'Model', start: 0, end: buffer.length, depth: 0 })

  function checkMessage({
    message,
    start,
    end,
    depth,
  }: {
    message: string
    start: number
    end: number
    depth: number
  }) {
    if (depth > DEEPEST) throw unusable(what, 'its graphs are nested too deeply')
    let at = start
    while (at < end) {
      const tag = varint()
      const field = Math.floor(tag / 8)
      // Other readers truncate a tag to 32 bits and would see another field.
      if (field === 0 || tag >= 2 ** 32) throw unusable(what, NOT_ONNX)
      const length = lengthOf(tag % 8)
      if (message === 'Tensor' && (field === EXTERNAL_DATA || (field === DATA_LOCATION && length.value !== 0)))
        throw unusable(what, 'it takes values from another file (external data); save it as one file')
      const inner = MESSAGES[message]?.[field]
      if (inner && tag % 8 === 2) checkMessage({ message: inner, start: at, end: at + length.bytes, depth: depth + 1 })
      at += length.bytes
    }

    /** How many bytes the field's value has. A varint is read here, so it returns its value and no further bytes. */
    function lengthOf(wireType: number): { bytes: number; value?: number } {
      const bytes = { 1: 8, 5: 4 }[wireType]
      if (wireType === 0) return { bytes: 0, value: varint() }
      const length = wireType === 2 ? varint() : bytes
      if (length === undefined || at + length > end) throw unusable(what, NOT_ONNX)
      return { bytes: length }
    }

    /** The value is not exact above 2^53, which is too large for any length. */
    function varint(): number {
      let value = 0
      for (let factor = 1; factor < 2 ** 70; factor *= 128) {
        const byte = at < end ? buffer[at++] : undefined
        if (byte === undefined) throw unusable(what, NOT_ONNX)
        value += (byte & 127) * factor
        if (byte < 128) return value
      }
      throw unusable(what, NOT_ONNX)
    }
  }
}

function unusable(what: string, why: string): UserError {
  return new UserError(`${what} is refused: ${why}.`, { code: 'model-broken' })
}
